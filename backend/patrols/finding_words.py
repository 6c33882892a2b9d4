"""Words for what is odd about a track: said as evidence to look at, never as an accusation."""

import uuid
from typing import Any

from backend.patrols.schemas import FindingOut

_WORDS: dict[str, tuple[str, str]] = {
    "teleport": ("定位跳了 {far_m} 米，只用了 {in_s} 秒", "A jump of {far_m} m within {in_s} s"),
    "constant_accuracy": (
        "精度一直是 {accuracy_m} 米，不像真实定位",
        "The accuracy was {accuracy_m} m all the time",
    ),
    "replayed": (
        "轨迹与另一次巡逻几乎一样（相差 {mean_m} 米）",
        "Almost the same track as another patrol's ({mean_m} m apart)",
    ),
    "mocked": (
        "手机标记 {positions} 个定位为模拟",
        "Positions that the phone marked as made up: {positions}",
    ),
    "car_speed": (
        "有 {seconds} 秒时速约 {km_h} 公里，像是坐车",
        "At about {km_h} km/h for {seconds} s, like a ride",
    ),
    "few_positions": (
        "{minutes} 分钟里只有 {positions} 个定位，可能是锁屏了",
        "Positions in {minutes} min: only {positions}; a locked phone, perhaps",
    ),
    "frozen_interval": (
        "定位间隔完全一致（{interval_s} 秒）",
        "Positions at exactly the same interval ({interval_s} s)",
    ),
    "same_photo": (
        "有 {visits} 次签到的照片以前用过",
        "Check-ins with a photo that was sent before: {visits}",
    ),
    "far_scan": ("有 {visits} 次签到时定位在别处", "Check-ins while the position was elsewhere: {visits}"),
}


def finding_out(stored: dict[str, Any]) -> FindingOut:
    """A stored finding with its words in both languages."""
    zh, en = _WORDS.get(stored["kind"], (stored["kind"], stored["kind"]))
    place = stored.get("place")
    return FindingOut(
        kind=stored["kind"],
        severity=stored["severity"],
        params=stored["params"],
        title_zh=zh.format_map(stored["params"]),
        title_en=en.format_map(stored["params"]),
        user_id=uuid.UUID(stored["user_id"]) if stored.get("user_id") else None,
        place=(place[0], place[1]) if place else None,
    )
