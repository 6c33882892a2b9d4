"""What the codes of findings in an incident file mean, and what to do about each, in the two languages."""

from routing.words import Words

FINDING_WORDS: dict[str, Words] = {
    "missing_coordinates": Words("没有坐标：请补上经度和纬度", "no coordinates: fill in longitude and latitude"),
    "bad_coordinates": Words("坐标不是有效的经纬度：请改正", "coordinates that are no place on earth: correct them"),
    "zero_coordinates": Words("坐标为 0,0：请补上真实坐标", "coordinates 0, 0: fill in the real ones"),
    "swapped_coordinates": Words("经纬度写反了：请对调", "longitude and latitude are swapped: exchange them"),
    "outside_area": Words("不在本辖区内：请核对坐标和坐标系", "outside the area: check the place and the datum"),
    "bad_time": Words("时间无法识别：请写成 2026-06-05 20:30", "a time that cannot be read: write it as 2026-06-05 20:30"),
    "future_time": Words("时间在未来：请核对", "a time in the future: check it"),
    "missing_category": Words("没有类别：请补上", "no kind of incident: fill it in"),
    "duplicate": Words("与前面一行重复：不必再导入", "the same as an earlier row: not needed again"),
    "person_column": Words("含个人信息的列，未读取", "a column about persons, not read"),
    "person_text": Words("内容里夹着个人信息，已去除", "cells with a person's name or number in them, which was removed"),
    "free_text_column": Words("长段文字的列，未读取", "a column of free text, not read"),
    "no_category_column": Words("没有类别列：全部算作其他", "no column with the kind: all count as others"),
    "no_source_column": Words(
        "没有来源列：无法分辨哪些是巡逻自己发现的，全部当作报警",
        "no column with the source: what patrols found cannot be told, all count as reported",
    ),
    "bad_weight": Words("权重不是数字：按 1 计算", "a weight that is no number: 1 is used"),
    "midnight_pileup": Words(
        "大量警情的时间恰好是 0 点：视为时刻不明，只用于全天的地图",
        "many incidents at exactly midnight: taken as of unknown hour, used for all-hours maps only",
    ),
    "station_pileup": Words(
        "大量不同类别的警情在同一坐标：可能是派出所自己的地址，请核对",
        "many incidents of mixed kinds at one place: perhaps the station's own address, check it",
    ),
    "wrong_datum": Words("坐标系似乎不对", "the datum looks wrong"),
}  # fmt: skip
