"""Skills: markdown files that tell an agent how things are done here, always or when their words come up."""

from .loading import Roots, load_skills
from .skill import Skill, Skills

__all__ = ["Roots", "Skill", "Skills", "load_skills"]
