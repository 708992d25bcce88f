"""The judges' tables and views: what was said of which pictures, and what the same judge says of known ones.

The table clip_scores, which nothing had filled yet, is made anew: its rows belong to a picture's content, so that a
picture which is drawn twice is scored once.
"""

JUDGES = (
    "alter table evaluations add column sample_set integer",  # NULL: the pictures were drawn for this look alone
    "alter table evaluations add column prompts text not null default ''",  # CLIP's prompt set; '': no words were asked
    "alter table evaluations add column baseline_set text",  # of the known pictures that were measured beside it
    "alter table alerts add column sample_set integer",  # of the pictures that a judge's alert is about
    "drop view clip_by_class",
    "drop table clip_scores",
    """
    create table clip_scores (
        run integer not null references runs,
        attempt integer,                         -- NULL when `workbench score` asked
        sample_set integer,
        step integer not null,
        judge text not null,
        model text not null,
        weights text not null,
        prompts text not null,                   -- the prompt set; another name when any template differs
        sha256 text not null,                    -- the picture, as in images
        label integer not null,                  -- the class that it was drawn as
        cosine real,
        probability real,                        -- of that class, softmax at the model's logit scale
        best integer,                            -- the class whose prompts fit best
        time real
    )
    """,
    "create unique index clip_scores_once on clip_scores (run, sha256, label, judge, prompts)",
    """
    create table baselines (                     -- never changed: other numbers are another set
        baseline_set text not null,              -- named by its content; evaluations name the one beside them
        dataset text not null,
        size integer not null,
        channels integer not null,
        judge text not null,
        prompts text not null,
        blur real not null,                      -- of the run's training pictures: known copies are blurred as they are
        classes text not null,                   -- what was drawn, as "8 of each class": real ones are of the same
        name text not null,
        pictures text not null,                  -- real (test split), train, noise, other-class (chance)
        label integer,
        value real,
        low real,
        high real,
        n integer,
        time real
    )
    """,
    """
    create unique index baselines_once on baselines (baseline_set, name, pictures, coalesce(label, -1))
    """,
    """
    create table curves (
        run integer not null references runs,
        attempt integer,
        sample_set integer,
        step integer not null,
        judge text not null,
        name text not null,
        axis text not null,
        label integer,
        x real not null,
        y real,
        time real
    )
    """,
    "create index curves_by_run on curves (run, judge, name)",
    """
    create view judged as                        -- each number's newest value, with what was measured beside it
        with newest as (
            select max(rowid) as row from evaluations group by run, step, sample_set, judge, prompts, name, label
        )
        select runs.name as run, e.step, e.sample_set, e.judge, e.prompts, e.name, e.label,
            json_extract(runs.facts, '$.class_names[' || e.label || ']') as class,
            e.value, e.low, e.high, e.n,
            max(case when b.pictures = 'real' then b.value end) as real,
            max(case when b.pictures = 'real' then b.n end) as real_n,
            max(case when b.pictures = 'noise' then b.value end) as noise,
            max(case when b.pictures = 'other-class' then b.value end) as other_class,
            runs.number as run_number
        from newest join evaluations e on e.rowid = newest.row join runs on runs.number = e.run
        left join baselines b on b.baseline_set = e.baseline_set and b.name = e.name
            and coalesce(b.label, -1) = coalesce(e.label, -1)
        group by e.rowid order by runs.number, e.step, e.judge, e.name, e.label
    """,
    """
    create view clip_by_class as                 -- label NULL: all classes; other conventions have intervals in judged
        select c.run, c.step, c.sample_set, c.judge, c.prompts, c.label, c.class, c.n,
            c.value as cosine, c.low, c.high, c.real, c.real_n, c.noise, c.other_class, 100 * c.value as clip_score_100,
            max(case when o.name = 'clip_score_2.5' then o.value end) as "clip_score_2.5",
            max(case when o.name = 'probability' then o.value end) as probability,
            max(case when o.name = 'accuracy' then o.value end) as accuracy,
            max(case when o.name = 'accuracy' then o.real end) as real_accuracy,
            c.run_number
        from judged c join judged o on o.run_number = c.run_number and o.step = c.step and o.judge = c.judge
            and o.sample_set is c.sample_set and o.prompts = c.prompts and o.label is c.label
        where c.name = 'cosine' group by c.run_number, c.step, c.sample_set, c.judge, c.prompts, c.label
    """,
    """
    create view clip_pictures as                 -- one row a picture, all three conventions
        select runs.name as run, images.step, images.sample_set, images.number as image, images.path,
            images."left", images.top, clip_scores.judge, clip_scores.model, clip_scores.weights, clip_scores.prompts,
            clip_scores.label, cosine, 100 * cosine as clip_score_100,
            2.5 * max(cosine, 0) as "clip_score_2.5", probability, best, best = clip_scores.label as hit,
            clip_scores.sha256, runs.number as run_number
        from clip_scores join runs on runs.number = clip_scores.run
        join images on images.run = clip_scores.run and images.sha256 = clip_scores.sha256
            and images.label = clip_scores.label and images.kind = 'sample'
    """,
)
