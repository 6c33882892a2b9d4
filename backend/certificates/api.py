"""HTTP of certificates of service."""

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import PathParameter
from litestar.status_codes import HTTP_200_OK

from backend.certificates import service
from backend.certificates.schemas import CertificateCheck, CertificateOut, YearOut
from backend.core import throttle
from backend.core.sessions import LexunRequest

CHECK_LIMIT = throttle.Limit("certificate_check", tries=30, window_s=600)
YearPath = Annotated[int, PathParameter(ge=2000, le=2200)]


@get("/me/certificates", operation_id="list_service_years", summary="The years in which one served")
async def list_service_years(request: LexunRequest) -> list[YearOut]:
    return await service.years(request.user)


@post(
    "/me/certificates/{year:int}",
    operation_id="certify_year",
    summary="Certify a year's hours",
    status_code=HTTP_200_OK,
)
async def certify_year(request: LexunRequest, year: YearPath) -> CertificateOut:
    return await service.certify(request.user, year)


@get(
    "/me/certificates/{year:int}/paper",
    operation_id="get_certificate_paper",
    summary="A year's certificate as a PDF",
    media_type="application/pdf",
)
async def get_certificate_paper(request: LexunRequest, year: YearPath) -> Response[bytes]:
    name, data = await service.paper(request.user, year)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(data, media_type="application/pdf", headers=headers)


@get(
    "/certificates/{code:str}",
    operation_id="check_certificate",
    summary="What a certificate's code stands for; anybody may ask",
    opt={"public": True},
    guards=[throttle.limited(CHECK_LIMIT)],
)
async def check_certificate(code: Annotated[str, PathParameter(max_length=40)]) -> CertificateCheck:
    return await service.check(code)


router = Router(
    path="/",
    route_handlers=[list_service_years, certify_year, get_certificate_paper, check_certificate],
    tags=["certificates"],
)
