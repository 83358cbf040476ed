"""The personas: four built in, and any that a user plugs in. Scores for training and for live use are the same ones."""

from agents.personas.conformance import CheckItem, CheckReport, check
from agents.personas.opinions import views
from agents.personas.registry import Broken, Registry, load_personas, load_registry
from agents.personas.rules import score_history
from agents.personas.spec import Persona, PersonaSpec

__all__ = [
    "Broken",
    "CheckItem",
    "CheckReport",
    "Persona",
    "PersonaSpec",
    "Registry",
    "check",
    "load_personas",
    "load_registry",
    "score_history",
    "views",
]
