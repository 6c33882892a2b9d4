"""Query parameters that several features take, bounded so that no number is too large for a database.

The bounds stand on the parameter: the framework does not look at those of a type within a union.
"""

from typing import Annotated

from litestar.params import QueryParameter

SEQ_MAX = 2**63 - 1

LongitudeQuery = Annotated[float | None, QueryParameter(ge=-180, le=180)]
LatitudeQuery = Annotated[float | None, QueryParameter(ge=-90, le=90)]
BeforeQuery = Annotated[int | None, QueryParameter(ge=0, le=SEQ_MAX)]
