"""Queries to begin with: README's ten, asked of the runs at hand."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A question in words and in SQL. {a} and {b} stand for the names of two runs."""

    title: str
    sql: str

    def asked_of(self, names: Sequence[str]) -> str:
        """The SQL with the names of runs, newest first, in their places."""
        first, second = (*names, "RUN", "OTHER")[0], (*names[1:], "OTHER")[0]
        return self.sql.replace("{a}", _quoted(first)).replace("{b}", _quoted(second))


def _quoted(name: str) -> str:
    return name.replace("'", "''")


EXAMPLES = (
    Example(
        "Which runs are there, and how did they end?",
        """
select name, status, schedule, blur, step, loss, x0_loss, seconds from run_summary
""".strip(),
    ),
    Example(
        "Which run is best, on each data set and at each blur?",
        """
select place, dataset, blur, name, x0_loss, schedule, prediction from best_runs
""".strip(),
    ),
    Example(
        "How did the validation loss of one run fall?",
        """
select step, round(value, 4) as loss from metrics
where run = '{a}' and name = 'val/loss'
""".strip(),
    ),
    Example(
        "Two schedules at equal noise: the error of the predicted picture by log-SNR",
        """
select a.log_snr_low, round(a.value, 4) as flow, round(b.value, 4) as cosine
from timestep_losses a join timestep_losses b using (split, step, log_snr_low)
join runs x on x.number = a.run join runs y on y.number = b.run
where x.name = '{a}' and y.name = '{b}'
  and split = 'val' and a.step = 400 and a.log_snr_low between -2 and 2
""".strip(),
    ),
    Example(
        "Does it overfit? The gap between validation and training pictures: same noise, same weights",
        """
select v.run, v.step, round(v.value - t.value, 4) as gap
from metrics v join metrics t on t.run = v.run and t.step = v.step
where v.name = 'val/loss' and t.name = 'train/bank_loss' and v.step = 400
""".strip(),
    ),
    Example(
        "In which settings do two runs differ?",
        """
select a.setting, a.value as first, b.value as second
from settings a join settings b using (setting)
where a.run = '{a}' and b.run = '{b}' and a.value is not b.value
""".strip(),
    ),
    Example(
        "Where are the pictures of one class?",
        """
select path, "left", top, width, height, sample_index
from images join runs on runs.number = images.run
where runs.name = '{b}' and kind = 'sample' and label = 3 limit 3
""".strip(),
    ),
    Example(
        "Mean and spread over seeds",
        """
select schedule, blur, count(*) as n, round(avg(x0_loss), 4) as mean,
  round(max(x0_loss) - min(x0_loss), 4) as spread
from run_summary where status = 'completed' group by dataset, schedule, prediction, blur
""".strip(),
    ),
    Example(
        "Which runs were fastest?",
        """
select name, images_per_s, seconds, device from run_summary
order by images_per_s desc limit 3
""".strip(),
    ),
    Example(
        "What was drawn from them, and how?",
        """
select run, sample_set, pictures, sampler, sampling_steps, guidance, path from samples limit 3
""".strip(),
    ),
)
