"""The judges' tables and views: what was said of which pictures, and what the same judge says of known ones.

The table clip_scores, which nothing had filled yet, is made anew: its rows belong to a picture's content, so that a
picture which is drawn twice is scored once.
"""

JUDGES = (
    "alter table evaluations add column sample_set integer",  # NULL: the pictures were drawn for this look alone
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
        prompt text not null,                    -- of that class, in the first template
        cosine real,
        probability real,                        -- of that class, softmax at the model's logit scale
        best integer,                            -- the class whose prompts fit best
        time real
    )
    """,
    "create unique index clip_scores_once on clip_scores (run, sha256, label, judge, prompts)",
    """
    create table baselines (
        dataset text not null,
        size integer not null,
        channels integer not null,
        judge text not null,
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
    create unique index baselines_once
        on baselines (dataset, size, channels, judge, name, pictures, coalesce(label, -1))
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
    create view judged as                        -- each number's newest value, with the baselines beside it
        with newest as (
            select max(rowid) as row from evaluations group by run, step, sample_set, judge, name, label
        )
        select runs.name as run, e.step, e.sample_set, e.judge, e.name, e.label,
            json_extract(runs.facts, '$.class_names[' || e.label || ']') as class,
            e.value, e.low, e.high, e.n,
            max(case when b.pictures = 'real' then b.value end) as real,
            max(case when b.pictures = 'noise' then b.value end) as noise,
            max(case when b.pictures = 'other-class' then b.value end) as other_class,
            runs.number as run_number
        from newest join evaluations e on e.rowid = newest.row join runs on runs.number = e.run
        left join baselines b on b.dataset = runs.dataset and b.judge = e.judge and b.name = e.name
            and b.label is e.label and b.size = json_extract(runs.facts, '$.picture_size')
            and b.channels = json_extract(runs.facts, '$.picture_channels')
        group by e.rowid order by runs.number, e.step, e.judge, e.name, e.label
    """,
    """
    create view clip_by_class as                 -- label NULL: all classes
        select run, step, sample_set, judge, label, class, value as cosine, low, high, n, real, noise, other_class,
            100 * value as clip_score_100,
            (select value from judged b where b.name = 'clip_score_2.5' and b.run_number = judged.run_number
                and b.step = judged.step and b.sample_set is judged.sample_set and b.judge = judged.judge
                and b.label is judged.label) as "clip_score_2.5",
            (select value from judged b where b.name = 'probability' and b.run_number = judged.run_number
                and b.step = judged.step and b.sample_set is judged.sample_set and b.judge = judged.judge
                and b.label is judged.label) as probability,
            (select value from judged b where b.name = 'accuracy' and b.run_number = judged.run_number
                and b.step = judged.step and b.sample_set is judged.sample_set and b.judge = judged.judge
                and b.label is judged.label) as accuracy,
            run_number
        from judged where name = 'cosine'
    """,
    """
    create view clip_pictures as                 -- one row a picture, all three conventions
        select runs.name as run, images.step, images.sample_set, images.number as image, images.path,
            images."left", images.top, clip_scores.judge, clip_scores.model, clip_scores.weights, clip_scores.prompts,
            clip_scores.label, clip_scores.prompt, cosine, 100 * cosine as clip_score_100,
            2.5 * max(cosine, 0) as "clip_score_2.5", probability, best, best = clip_scores.label as hit,
            clip_scores.sha256, runs.number as run_number
        from clip_scores join runs on runs.number = clip_scores.run
        join images on images.run = clip_scores.run and images.sha256 = clip_scores.sha256
            and images.label = clip_scores.label and images.kind = 'sample'
    """,
)
