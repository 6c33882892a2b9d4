"""An evening with an officer and a volunteer, by the test's own clock."""

from tests.integration.patrols.conftest import evening, officer, walker

__all__ = ["evening", "officer", "walker"]
