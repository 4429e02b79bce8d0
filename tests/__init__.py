"""The suite; the tree below mirrors the package."""

from hypothesis import HealthCheck, settings

# How long an example takes to make, or to run, says how busy the machine is.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
