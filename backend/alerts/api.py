"""HTTP of alerts."""

import hashlib
import uuid
from typing import Annotated

from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED

from backend.alerts import service
from backend.alerts.cap import MEDIA_TYPE as CAP_TYPE
from backend.alerts.feed import MEDIA_TYPE as ATOM_TYPE
from backend.alerts.schemas import (
    AlertAlone,
    AlertChange,
    AlertDraft,
    AlertEnd,
    AlertList,
    AlertNote,
    AlertOut,
    AlertReview,
    AlertState,
    AlertText,
    Audience,
    MySighting,
    PhotoViewOut,
    ProposalOut,
    ProposalReceipt,
    ReceiptIn,
    RecipientOut,
    SightingIn,
    SightingList,
    SightingMerge,
    SightingOut,
    SightingStepIn,
)
from backend.core.sessions import LexunRequest
from backend.core.throttle import Limit, limited
from backend.integrations import service as integrations

PROPOSALS = Limit("alert_proposals", tries=60, window_s=60)
SIGHTINGS = Limit("sightings", tries=20, window_s=60)
PHOTO_HEADERS = {
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
}


@post("/alerts", operation_id="create_alert", summary="Begin an alert")
async def create_alert(request: LexunRequest, data: AlertDraft) -> AlertOut:
    return await service.create_draft(request.user, data)


@patch("/alerts/{alert_id:uuid}", operation_id="change_alert", summary="Change a draft")
async def change_alert(request: LexunRequest, alert_id: uuid.UUID, data: AlertChange) -> AlertOut:
    return await service.change_draft(request.user, alert_id, data)


@put(
    "/alerts/{alert_id:uuid}/photo",
    operation_id="set_alert_photo",
    summary="Give a draft its photo: the body is the JPEG, PNG or WebP file",
)
async def set_alert_photo(request: LexunRequest, alert_id: uuid.UUID) -> AlertOut:
    return await service.set_photo(request.user, alert_id, await request.body())


@delete(
    "/alerts/{alert_id:uuid}/photo",
    operation_id="remove_alert_photo",
    summary="Take the photo out of a draft",
    status_code=HTTP_200_OK,
)
async def remove_alert_photo(request: LexunRequest, alert_id: uuid.UUID) -> AlertOut:
    return await service.remove_photo(request.user, alert_id)


@get(
    "/alerts/{alert_id:uuid}/audience",
    operation_id="preview_audience",
    summary="Whom the alert would reach now",
)
async def preview_audience(request: LexunRequest, alert_id: uuid.UUID) -> Audience:
    return await service.preview_audience(request.user, alert_id)


@post(
    "/alerts/{alert_id:uuid}/submit",
    operation_id="submit_alert",
    summary="Hand a draft to the approvers",
    status_code=HTTP_200_OK,
)
async def submit_alert(request: LexunRequest, alert_id: uuid.UUID) -> AlertOut:
    return await service.submit(request.user, alert_id)


@post(
    "/alerts/{alert_id:uuid}/send-back",
    operation_id="send_alert_back",
    summary="Give a submitted alert back to its composer, saying why",
    status_code=HTTP_200_OK,
)
async def send_alert_back(request: LexunRequest, alert_id: uuid.UUID, data: AlertNote) -> AlertOut:
    return await service.send_back(request.user, alert_id, data)


@post(
    "/alerts/{alert_id:uuid}/send-alone",
    operation_id="send_alert_alone",
    summary="Send an alert about a missing child or elder on one signature; reviewed within 30 minutes or taken back",
    status_code=HTTP_200_OK,
)
async def send_alert_alone(request: LexunRequest, alert_id: uuid.UUID, data: AlertAlone) -> AlertOut:
    return await service.send_alone(request.user, alert_id, data)


@post(
    "/alerts/{alert_id:uuid}/review",
    operation_id="review_alert",
    summary="Review an alert that went out on one signature",
    status_code=HTTP_200_OK,
)
async def review_alert(request: LexunRequest, alert_id: uuid.UUID, data: AlertReview) -> AlertOut:
    return await service.review(request.user, alert_id, data)


@post(
    "/alerts/{alert_id:uuid}/approve",
    operation_id="approve_alert",
    summary="Approve an alert that someone else composed, and send it",
    status_code=HTTP_200_OK,
)
async def approve_alert(request: LexunRequest, alert_id: uuid.UUID) -> AlertOut:
    return await service.approve(request.user, alert_id)


@post(
    "/alerts/{alert_id:uuid}/update",
    operation_id="update_alert",
    summary="Tell the same people something more",
    status_code=HTTP_200_OK,
)
async def update_alert(request: LexunRequest, alert_id: uuid.UUID, data: AlertText) -> AlertOut:
    return await service.add_update(request.user, alert_id, data)


@post(
    "/alerts/{alert_id:uuid}/stand-down",
    operation_id="stand_alert_down",
    summary="Tell everyone who has the alert to stop looking",
    status_code=HTTP_200_OK,
)
async def stand_alert_down(request: LexunRequest, alert_id: uuid.UUID) -> AlertOut:
    return await service.stand_down(request.user, alert_id)


@post(
    "/alerts/{alert_id:uuid}/close",
    operation_id="close_alert",
    summary="End an alert and take every copy back",
    status_code=HTTP_200_OK,
)
async def close_alert(request: LexunRequest, alert_id: uuid.UUID, data: AlertEnd) -> AlertOut:
    return await service.close(request.user, alert_id, data)


@get("/alerts", operation_id="list_alerts", summary="An area's alerts, for its police")
async def list_alerts(
    request: LexunRequest,
    area_id: uuid.UUID,
    alert_state: Annotated[AlertState | None, QueryParameter(name="state")] = None,
    before: uuid.UUID | None = None,
) -> AlertList:
    return await service.listed(request.user, area_id, alert_state, before)


@get(
    "/alerts/{alert_id:uuid}",
    operation_id="get_alert",
    summary="An alert: with counts and timeline for the police, as a card for a recipient, 410 once it is over",
)
async def get_alert(request: LexunRequest, alert_id: uuid.UUID) -> AlertOut:
    return await service.read(request.user, alert_id)


@get(
    "/alerts/{alert_id:uuid}/photo",
    operation_id="get_alert_photo",
    summary="The photo, marked for its viewer; the view is logged",
    media_type=service.PHOTO_CONTENT_TYPE,
)
async def get_alert_photo(request: LexunRequest, alert_id: uuid.UUID) -> Response[bytes]:
    photo = await service.photo_for(request.user, alert_id)
    return Response(photo, media_type=service.PHOTO_CONTENT_TYPE, headers=PHOTO_HEADERS)


@post(
    "/alerts/{alert_id:uuid}/receipts",
    operation_id="confirm_alert",
    summary="A phone has shown, opened or removed its copy",
    status_code=HTTP_204_NO_CONTENT,
)
async def confirm_alert(request: LexunRequest, alert_id: uuid.UUID, data: ReceiptIn) -> None:
    await service.note_receipt(request.user, alert_id, data)


@post(
    "/alerts/{alert_id:uuid}/sightings",
    operation_id="report_sighting",
    summary="Report what one saw",
    guards=[limited(SIGHTINGS)],
)
async def report_sighting(request: LexunRequest, alert_id: uuid.UUID, data: SightingIn) -> SightingOut:
    return await service.report_sighting(request.user, alert_id, data)


@get(
    "/alerts/{alert_id:uuid}/sightings",
    operation_id="list_sightings",
    summary="What was seen, for the police",
)
async def list_sightings(request: LexunRequest, alert_id: uuid.UUID) -> SightingList:
    return await service.listed_sightings(request.user, alert_id)


@put(
    "/sightings/{sighting_id:uuid}/photo",
    operation_id="set_sighting_photo",
    summary="Give one's own sighting a photo taken from a distance: the body is the JPEG, PNG or WebP file",
    guards=[limited(SIGHTINGS)],
    status_code=HTTP_204_NO_CONTENT,
)
async def set_sighting_photo(request: LexunRequest, sighting_id: uuid.UUID) -> None:
    await service.set_sighting_photo(request.user, sighting_id, await request.body())


@get(
    "/sightings/{sighting_id:uuid}/photo",
    operation_id="get_sighting_photo",
    summary="A sighting's photo, for the police, marked for its viewer; the view is logged",
    media_type=service.PHOTO_CONTENT_TYPE,
)
async def get_sighting_photo(request: LexunRequest, sighting_id: uuid.UUID) -> Response[bytes]:
    photo = await service.sighting_photo_for(request.user, sighting_id)
    return Response(photo, media_type=service.PHOTO_CONTENT_TYPE, headers=PHOTO_HEADERS)


@post(
    "/sightings/{sighting_id:uuid}/steps",
    operation_id="take_sighting_step",
    summary="Note what the police do about a sighting: read, instructed, acknowledged, arrived, outcome",
    status_code=HTTP_200_OK,
)
async def take_sighting_step(
    request: LexunRequest, sighting_id: uuid.UUID, data: SightingStepIn
) -> SightingOut:
    return await service.take_step(request.user, sighting_id, data)


@post(
    "/sightings/{sighting_id:uuid}/merge",
    operation_id="merge_sighting",
    summary="Note that a sighting is the same as another",
    status_code=HTTP_200_OK,
)
async def merge_sighting(request: LexunRequest, sighting_id: uuid.UUID, data: SightingMerge) -> SightingOut:
    return await service.merge_sighting(request.user, sighting_id, data.into)


@get(
    "/alerts/{alert_id:uuid}/photo-views",
    operation_id="list_photo_views",
    summary="Who looked at the photos of an alert, for the police",
)
async def list_photo_views(request: LexunRequest, alert_id: uuid.UUID) -> list[PhotoViewOut]:
    return await service.photo_views(request.user, alert_id)


@get(
    "/alerts/{alert_id:uuid}/deliveries",
    operation_id="list_alert_deliveries",
    summary="Everyone the alert was sent to and what became of it, for the police",
)
async def list_alert_deliveries(request: LexunRequest, alert_id: uuid.UUID) -> list[RecipientOut]:
    return await service.deliveries(request.user, alert_id)


@get(
    "/me/sightings",
    operation_id="list_my_sightings",
    summary="What oneself reported about an alert, and how far it has come",
)
async def list_my_sightings(request: LexunRequest, alert_id: uuid.UUID) -> list[MySighting]:
    return await service.my_sightings(request.user, alert_id)


@get("/me/alerts", operation_id="list_my_alerts", summary="The alerts that are live for oneself")
async def list_my_alerts(request: LexunRequest) -> list[AlertOut]:
    return await service.live_for(request.user)


@get(
    "/alert-proposals",
    operation_id="list_alert_proposals",
    summary="Warnings that other systems handed in, for the officers of the area",
)
async def list_alert_proposals(request: LexunRequest, area_id: uuid.UUID) -> list[ProposalOut]:
    return await service.listed_proposals(request.user, area_id)


@post(
    "/alert-proposals/{proposal_id:uuid}/dismiss",
    operation_id="dismiss_alert_proposal",
    summary="Put a warning aside",
    status_code=HTTP_200_OK,
)
async def dismiss_alert_proposal(request: LexunRequest, proposal_id: uuid.UUID) -> ProposalOut:
    return await service.dismiss_proposal(request.user, proposal_id)


# --- for other systems, with a key ----------------------------------------------------------------------------------


@get(
    "/feeds/alerts.atom",
    operation_id="read_alert_feed",
    summary="Atom feed of the key's area: what is live, and what ended within a week",
    opt={"public": True},
    media_type=ATOM_TYPE,
)
async def read_alert_feed(request: LexunRequest) -> Response[bytes]:
    machine = await integrations.machine_for(request, "alerts.read")
    content = await service.cap_feed(machine)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
    return Response(content, media_type=ATOM_TYPE, headers={"ETag": tag})


@get(
    "/feeds/alerts/{identifier:str}",
    operation_id="read_alert_document",
    summary="One Common Alerting Protocol document; 410 once the alert is over, but for its Cancel",
    opt={"public": True},
    media_type=CAP_TYPE,
)
async def read_alert_document(request: LexunRequest, identifier: str) -> Response[bytes]:
    machine = await integrations.machine_for(request, "alerts.read")
    return Response(await service.cap_document(machine, identifier), media_type=CAP_TYPE)


@post(
    "/feeds/alerts",
    operation_id="propose_alert",
    summary="Hand in a Common Alerting Protocol document as the body: an officer decides what becomes of it",
    opt={"public": True, "exclude_from_csrf": True},
    guards=[limited(PROPOSALS)],
)
async def propose_alert(request: LexunRequest) -> ProposalReceipt:
    machine = await integrations.machine_for(request, "alerts.propose")
    return await service.receive_proposal(machine, await request.body())


router = Router(
    path="/",
    route_handlers=[
        create_alert,
        change_alert,
        set_alert_photo,
        remove_alert_photo,
        preview_audience,
        submit_alert,
        send_alert_back,
        send_alert_alone,
        review_alert,
        approve_alert,
        stand_alert_down,
        update_alert,
        close_alert,
        list_alerts,
        get_alert,
        get_alert_photo,
        confirm_alert,
        report_sighting,
        list_sightings,
        set_sighting_photo,
        get_sighting_photo,
        take_sighting_step,
        merge_sighting,
        list_photo_views,
        list_alert_deliveries,
        list_my_sightings,
        list_my_alerts,
        list_alert_proposals,
        dismiss_alert_proposal,
        read_alert_feed,
        read_alert_document,
        propose_alert,
    ],
    tags=["alerts"],
)
