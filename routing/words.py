"""A sentence in the two languages of the product, and the errors that carry one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence said in Chinese (`zh`) and in English (`en`)."""

    zh: str
    en: str


class RoutingError(Exception):
    """The request cannot be answered as given; the words name the field, its value and the remedy.

    RoutingError
    |-- IncidentFileError   the incident file cannot be read at all
    |-- StreetFileError     the street file cannot be read or holds no walkable street
    |-- RequestError        a parameter of the request is impossible
    |-- NoPlanError         the request is well formed, but a named constraint leaves no plan

    `code` is stable and meant for machines; `field` is the parameter or column at fault; `value` is
    what was given, as text. `str(error)` is the English sentence.
    """

    def __init__(self, code: str, words: Words, *, field: str = "", value: object = "") -> None:
        super().__init__(words.en)
        self.code = code
        self.words = words
        self.field = field
        self.value = str(value)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep code, words, field and value when the error crosses from a worker process."""
        return (_restore, (type(self), self.code, self.words, self.field, self.value))


class IncidentFileError(RoutingError):
    """The incident file cannot be read at all (rows that cannot be used are findings, not errors)."""


class StreetFileError(RoutingError):
    """The street file cannot be read, or holds no street that can be walked."""


class RequestError(RoutingError):
    """A parameter of the request is impossible, whatever the data."""


class NoPlanError(RoutingError):
    """No plan satisfies the request; the words name the constraint that made it so."""


def _restore(kind: type[RoutingError], code: str, words: Words, field: str, value: str) -> RoutingError:
    return kind(code, words, field=field, value=value)
