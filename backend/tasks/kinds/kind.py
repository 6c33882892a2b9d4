"""What a kind of task is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """A ready text: the title, and what to do, for those who read it on the street."""

    key: str
    title_zh: str
    title_en: str
    do_zh: str
    do_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskKind:
    """A kind of task and what a new one begins with.

    `needs_route` asks for a walk copied from another task, `needs_place` for a place to be at;
    `outdoors` is called off in bad weather. `at_homes` concerns people at home: its texts, which every volunteer reads,
    name no door, and the place is where those who took it meet. The first template is the one a task gets when none is named.
    """

    kind: str
    title_zh: str
    title_en: str
    needs_route: bool
    needs_place: bool
    outdoors: bool
    at_homes: bool = False
    default_minutes: int
    default_seats: int
    default_points: int
    templates: tuple[Template, ...]

    def template(self, key: str | None) -> Template | None:
        """The template called `key`, the first when none is named, None when there is no such template."""
        if key is None:
            return self.templates[0]
        return next((each for each in self.templates if each.key == key), None)
