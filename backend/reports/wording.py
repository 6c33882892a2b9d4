"""What a reporter is told of each step."""

STEPS = {
    "triaged": ("你的报告已受理", "Your report was taken up"),
    "handed_over": ("你的报告已转交有关部门", "Your report was handed to whoever is in charge"),
    "acted": ("你的报告已有人处置", "Somebody has acted on your report"),
    "solved": ("你报告的事解决了，谢谢你", "What you reported is solved: thank you"),
    "not_fixed": ("你的报告已办结：暂时解决不了", "Your report is closed: it cannot be mended for now"),
    "unfounded": ("你的报告已办结：没有发现问题", "Your report is closed: nothing was found"),
    "duplicate": (
        "你的报告已办结：同一件事已有人报告",
        "Your report is closed: somebody had reported the same",
    ),
}
"""By step, or by the outcome of the last one: (Chinese, English)."""
