"""The engines that run on trio, and the only modules of `engine` that wait.

`Kernel` with one task a cell is production; on a `SimClock` the same kernel runs in virtual time,
with tasks (to explore schedules) or without (fast, beside real adapters).
"""

from engine.kernel.kernel import Kernel
from engine.kernel.sim_clock import SimClock
from engine.kernel.task_port import TaskPort

__all__ = ["Kernel", "SimClock", "TaskPort"]
