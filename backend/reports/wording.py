"""What reporters and the desk are told of reports."""

STEPS = {
    "triaged": ("你报的线索已受理", "Your report was taken up"),
    "handed_over": ("你报的线索已转交有关部门", "Your report was handed to whoever is in charge"),
    "acted": ("你报的线索已有人处置", "Somebody has acted on your report"),
    "solved": ("你报的线索解决了，谢谢你", "What you reported is solved: thank you"),
    "not_fixed": ("你报的线索已办结：暂时解决不了", "Your report is closed: it cannot be mended for now"),
    "unfounded": ("你报的线索已办结：没有发现问题", "Your report is closed: nothing was found"),
    "duplicate": (
        "你报的线索已办结：同一件事已有人报过",
        "Your report is closed: somebody had reported the same",
    ),
}
"""By step, or by the outcome of the last one: (Chinese, English)."""

WORDING_FIRST = (
    "请先看一遍措辞，再往下办。",
    "Please look at its wording before it goes on.",
)
"""What the desk is told instead of the text of a report that judges people: (Chinese, English)."""
