"""The nearest weights that obey every limit: the fast path.

`project` answers once, `project_many` many times, `Projector` for as long as one keeps it. All give the same bytes for
the same target and limits, whatever was asked before.
"""

from portfolio.projection.fast import Infeasible, Projection, Projector, project, project_many

__all__ = ["Infeasible", "Projection", "Projector", "project", "project_many"]
