"""A scene with something on every screen: a walk under way, a task in hand, a voucher, a live alert."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from backend.core.ids import uuid7
from tests.e2e.people import OLD_STREET, PASSWORD, Neighbour, district_of
from tests.support.visitor import Visitor


@dataclass(frozen=True)
class Scene:
    """Whose phone shows it, and the paths of its screens; `close` ends what is under way."""

    walker: Neighbour
    phone_screens: tuple[str, ...]
    desk_screens: tuple[str, ...]
    alert_id: str
    patrol_id: str
    certificate: str
    statement: str
    approver: Visitor

    def close(self) -> None:
        """End the alert and the patrol."""
        self.approver.ask("POST", f"/api/alerts/{self.alert_id}/close", json={"outcome": "found"})
        self.walker.http.ask(
            "POST", f"/api/patrols/{self.patrol_id}/finish", json={"finished_at": now().isoformat()}
        )


def set_scene(url: str, walker: Neighbour, mate: Neighbour) -> Scene:
    """Play the walker's evening up to its middle; the mate takes the seat beside, without whom nobody walks at night."""
    officer, approver, poster = (Visitor(url, key) for key in ("officer", "approver", "poster"))
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    route = a_route(officer)
    posted_route = posted(
        officer, kind="patrol", template="evening", route_of=route["id"], seats=2, place=None
    )
    post = posted(
        poster,
        seats=1,
        starts_at=(now() + dt.timedelta(hours=6)).isoformat(),
        ends_at=(now() + dt.timedelta(hours=7)).isoformat(),
    )
    held = grab(walker, posted_route["id"])
    grab(mate, posted_route["id"])
    grab(walker, post["id"])
    patrol = walk_some(walker, held["id"], posted_route["route"]["geometry"]["coordinates"])
    offer, voucher = buy_something(walker, officer)
    alert_id = live_alert(officer, approver)
    plan = officer.ask("GET", "/api/plans", params={"area_id": district_of(officer)["id"]})["items"][0]
    given = a_tried_import(officer)
    past = walker.http.ask("GET", "/api/me/patrols")["items"]
    return Scene(
        walker=walker,
        phone_screens=(
            "/",
            f"/tasks/{posted_route['id']}",
            f"/tasks/{post['id']}",
            "/patrol",
            "/patrol/walk",
            "/patrol/trackers",
            "/patrol/walked",
            "/sos",
            *[f"/patrols/{each['id']}" for each in past[:1]],
            "/reports",
            "/feedback?from=/tasks",
            "/messages",
            "/me/alert-check",
            f"/alerts/{alert_id}",
            "/me",
            "/me/points",
            "/me/points/rules",
            "/me/badges",
            "/me/certificates",
            "/me/leaderboard",
            "/me/consents",
            "/me/devices",
            "/me/password",
            "/me/name",
            "/me/team",
            "/offers",
            f"/offers/{offer}",
            "/me/vouchers",
            f"/vouchers/{voucher}",
        ),
        desk_screens=(
            "/desk",
            "/desk/plans",
            "/desk/plans/new",
            "/desk/plans/import",
            f"/desk/plans/compare?a={plan['id']}&b={plan['id']}",
            "/desk/hotspots",
            f"/desk/plans/{plan['id']}",
            "/desk/incidents",
            "/desk/incidents/new",
            f"/desk/incidents/import/{given}",
            "/desk/incidents/kinds",
            "/desk/tasks",
            "/desk/tasks/new",
            f"/desk/tasks/{posted_route['id']}",
            "/desk/review",
            f"/desk/review/{patrol}",
            "/desk/reports",
            "/desk/checkpoints",
            "/desk/thanks",
            "/desk/alerts",
            "/desk/alerts/new",
            f"/desk/alerts/{alert_id}",
        ),
        alert_id=alert_id,
        patrol_id=patrol,
        certificate=certified(walker),
        statement=Visitor(url, "merchant").ask("GET", "/api/merchant/settlements")[0]["id"],
        approver=approver,
    )


def now() -> dt.datetime:
    """This moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def unlike() -> str:
    """A few characters that no other run of a test has used."""
    return f" {now():%H%M%S%f}"


def posted(poster: Visitor, *, seats: int, kind: str = "fixed_post", **more: Any) -> dict[str, Any]:
    """A published task near the old street that may be started now."""
    starts_at = now()
    area = next(each for each in poster.ask("GET", "/api/areas") if each["path"] == "lewan/shifang/shifang")
    body = {
        "id": str(uuid7()),
        "area_id": area["id"],
        "kind": kind,
        "template": "gate",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + dt.timedelta(hours=1)).isoformat(),
        "seats": seats,
        "publish": True,
        "place": {"name": "石坊小区" + unlike(), "lon": OLD_STREET[0], "lat": OLD_STREET[1]},
    }
    return poster.ask("POST", "/api/tasks", json={**body, **more})


def a_tried_import(officer: Visitor) -> str:
    """An import that waits to be confirmed."""
    area = {"area_id": district_of(officer)["id"]}
    file = officer.request("GET", "/api/incidents/sample", params=area).content
    asked = {**area, "import_id": str(uuid7()), "file_name": "export.csv"}
    headers = {"Content-Type": "application/octet-stream"}
    officer.ask("POST", "/api/incidents/imports", params=asked, content=file, headers=headers)
    path = f"/api/incidents/imports/{asked['import_id']}"
    wait_until(officer, path, "ready")
    officer.ask("POST", f"{path}/check", json={"datum": "gcj02"})
    wait_until(officer, path, "checked")
    return asked["import_id"]


def wait_until(visitor: Visitor, path: str, state: str) -> None:
    """Ask until the thing is in that state, for a minute at most."""
    for _ in range(300):
        found = visitor.ask("GET", path)["state"]
        if found == state:
            return
        assert found != "failed"
        time.sleep(0.2)
    raise AssertionError(f"{path} is not {state} after a minute")


def a_route(officer: Visitor) -> dict[str, Any]:
    """Any task of the demo with a route, to copy it from."""
    tasks = officer.ask("GET", "/api/tasks", params={"area_id": district_of(officer)["id"], "scope": "desk"})
    return next(task for task in tasks["items"] if task["route"] is not None)


def grab(walker: Neighbour, task_id: str) -> dict[str, Any]:
    """The walker's seat in a task."""
    return walker.http.ask("POST", f"/api/tasks/{task_id}/grab", json={"id": str(uuid7())})


def walk_some(walker: Neighbour, assignment_id: str, line: list[list[float]]) -> str:
    """Start the walk and send its first positions; the patrol's id."""
    patrol_id = str(uuid7())
    walker.http.ask(
        "POST",
        "/api/patrols",
        json={"id": patrol_id, "assignment_id": assignment_id, "started_at": now().isoformat()},
    )
    fixes = [
        {"id": str(uuid7()), "at": now().isoformat(), "lon": lon, "lat": lat, "accuracy_m": 8}
        for lon, lat in line[:3]
    ]
    walker.http.ask("POST", f"/api/patrols/{patrol_id}/fixes", json={"fixes": fixes})
    return patrol_id


def buy_something(walker: Neighbour, officer: Visitor) -> tuple[str, str]:
    """The cheapest offer, and a voucher for it."""
    offers = walker.http.ask("GET", "/api/offers", params={"area_id": district_of(officer)["id"]})["items"]
    cheapest = min(offers, key=lambda offer: offer["cost"])
    bought = walker.http.ask("POST", f"/api/offers/{cheapest['id']}/buy", json={"id": str(uuid7())})
    return cheapest["id"], bought["id"]


def certified(walker: Neighbour) -> str:
    """The code of a certificate of the walker's last year of service."""
    year = max(each["year"] for each in walker.http.ask("GET", "/api/me/certificates"))
    return walker.http.ask("POST", f"/api/me/certificates/{year}")["code"]


def live_alert(officer: Visitor, approver: Visitor, photo: bytes | None = None) -> str:
    """An alert around the old street for two hours, composed by one and approved by the other."""
    alert = officer.ask(
        "POST",
        "/api/alerts",
        json={
            "id": str(uuid7()),
            "area_id": district_of(officer)["id"],
            "kind": "missing_person",
            "headline_zh": "女，约 70 岁，短发" + unlike(),
            "headline_en": "Woman of about 70, short hair",
            "clothing_zh": "红色毛衣，黑裤子",
            "last_seen_at": now().isoformat(),
            "last_seen_place": "文庙东门",
            "lon": OLD_STREET[0],
            "lat": OLD_STREET[1],
            "radius_m": 2000,
            "expires_at": (now() + dt.timedelta(hours=2)).isoformat(),
            "contact_phone": "0577 8000 0110",
        },
    )
    if photo is not None:
        officer.ask("PUT", f"/api/alerts/{alert['id']}/photo", content=photo)
    officer.ask("POST", "/api/session/reauthenticate", json={"password": PASSWORD})
    officer.ask("POST", f"/api/alerts/{alert['id']}/submit")
    approver.ask("POST", "/api/session/reauthenticate", json={"password": PASSWORD})
    approver.ask("POST", f"/api/alerts/{alert['id']}/approve", json={})
    return alert["id"]
