"""The database's tables and views, as numbered migrations; PRAGMA user_version says how many have been made.

Times are seconds since 1970 in UTC; views show them as local dates. A value that was NaN or infinite is NULL.
`points` is narrow on purpose: run and name of a metric are in `series`, and the view `metrics` shows them together.
"""

APPLICATION_ID = 0x57424348  # "WBCH": this file is a workbench's

FIRST = (
    """
    create table runs (
        number integer primary key,              -- order of creation in this database
        id text not null unique,
        name text not null,
        status text not null default 'created',  -- queued, running, paused, completed, stopped, diverged, failed, died
        dataset text,
        preset text,
        seed integer,
        step integer not null default 0,
        total_steps integer,
        loss real,                               -- newest train/loss
        images_per_s real,
        created real not null,
        started real,
        ended real,
        device text,
        host text,
        git_commit text,
        command text,
        parent text,                             -- id of the run that it was forked from
        study text,
        starred integer not null default 0,
        tags text not null default '[]',         -- JSON
        notes text not null default '',
        text text not null default '',           -- how it ended, in words
        folder text not null unique,             -- inside the home's runs
        config text not null,                    -- JSON, every setting
        facts text not null default '{}'         -- JSON: what it worked with and was made with
    )
    """,
    "create index runs_by_name on runs (name)",
    """
    create table attempts (
        run integer not null references runs,
        number integer not null,
        pid integer,
        process_started text,
        host text,
        started real not null,
        ended real,
        outcome text,                            -- NULL while it runs
        heartbeat real not null,
        step integer not null default 0,
        total_steps integer,                     -- as the training told
        goal integer,                            -- steps asked for when it was resumed, else NULL
        command text,
        text text not null default '',
        primary key (run, number)
    ) without rowid
    """,
    """
    create table series (
        id integer primary key,
        run integer not null references runs,
        name text not null,
        last_step integer,
        last_value real,
        unique (run, name)
    )
    """,
    """
    create table points (
        series integer not null references series,
        attempt integer not null,
        step integer not null,
        value real,
        time real,
        primary key (series, attempt, step)      -- also a reader's cursor, which outlives a reindex
    ) without rowid
    """,
    """
    create table timestep_losses (
        run integer not null references runs,
        attempt integer not null,
        step integer not null,
        split text not null,
        log_snr_low real,
        log_snr_high real,
        value real,
        n integer
    )
    """,
    "create index timestep_losses_by_step on timestep_losses (run, step)",
    """
    create table sample_sets (
        run integer not null references runs,
        number integer not null,
        log text not null,
        step integer not null,
        weights text not null,
        settings text not null,                  -- JSON: sampler, sampling_steps, guidance, ...
        time real,
        primary key (run, number)
    ) without rowid
    """,
    """
    create table images (
        number integer primary key,
        run integer not null references runs,
        attempt integer,                         -- NULL when `workbench sample` drew it
        kind text not null,                      -- sample, preview, trajectory
        step integer not null,
        sampling_step integer,                   -- NULL for a finished picture
        sigma real,
        content text not null default 'x0',
        label integer,                           -- NULL when drawn without a class
        seed integer,
        sample_index integer,
        weights text,
        sample_set integer,
        path text not null,                      -- the sheet, inside the run's folder
        "left" integer not null,
        top integer not null,
        width integer not null,
        height integer not null,
        sha256 text,                             -- of the picture's own bytes
        time real
    )
    """,
    "create index images_by_step on images (run, kind, step)",
    """
    create table clip_scores (
        image integer not null references images,
        model text not null,
        weights text not null,
        convention text not null,
        prompt text not null,
        label integer,
        value real,
        time real
    )
    """,
    "create index clip_scores_by_image on clip_scores (image)",
    """
    create table evaluations (
        run integer not null references runs,
        attempt integer,
        step integer not null,
        judge text not null,
        name text not null,
        label integer,
        value real,
        low real,
        high real,
        n integer,
        time real
    )
    """,
    "create index evaluations_by_run on evaluations (run, step)",
    """
    create table commands (
        number integer primary key,
        run integer not null references runs,
        what text not null,                      -- stop, pause, checkpoint
        asked real not null,
        taken real
    )
    """,
    """
    create table alerts (
        run integer not null references runs,
        attempt integer,
        level text not null,                     -- info, warning, error
        step integer not null,
        text text not null,
        time real
    )
    """,
    "create index alerts_by_run on alerts (run)",
    """
    create table logs (
        run integer not null references runs,
        file text not null,
        offset integer not null,                 -- bytes whose lines are in the tables
        size integer not null,                   -- bytes there were when it was last read
        primary key (run, file)
    ) without rowid
    """,
    """
    create view metrics as
        select runs.name as run, series.name as name, points.step, points.value, points.attempt,
            datetime(points.time, 'unixepoch', 'localtime') as time, runs.number as run_number
        from points join series on series.id = points.series join runs on runs.number = series.run
    """,
    """
    create view settings as
        select runs.name as run, replace(substr(tree.fullkey, 3), '"', '') as setting, tree.value as value,
            runs.number as run_number
        from runs, json_tree(runs.config) as tree where tree.type <> 'object' and typeof(tree.key) = 'text'
    """,
    """
    create view run_summary as
        select name, status, dataset,
            json_extract(config, '$.process.schedule') as schedule,
            json_extract(config, '$.process.prediction') as prediction,
            json_extract(config, '$.data.blur') as blur,
            json_extract(config, '$.network.conditioning') as conditioning,
            json_extract(config, '$.sampling.sampler') as sampler,
            json_extract(config, '$.sampling.guidance') as guidance,
            seed, step, total_steps, round(loss, 5) as loss,
            (select round(last_value, 5) from series where run = runs.number and name = 'val/loss') as val_loss,
            (select round(last_value, 5) from series where run = runs.number and name = 'val/x0_loss') as x0_loss,
            round(images_per_s) as images_per_s,
            (select round(sum(coalesce(ended, heartbeat) - started), 1) from attempts where run = runs.number)
                as seconds,
            datetime(created, 'unixepoch', 'localtime') as created, device, id
        from runs order by number desc
    """,
    """
    create view best_runs as
        select rank() over (partition by dataset, blur order by x0_loss) as place, dataset, blur, name, x0_loss,
            schedule, prediction, step, status
        from run_summary where x0_loss is not null
        order by dataset, blur, place                -- other losses differ in scale with what the network predicts
    """,
    """
    create view samples as
        select runs.name as run, sample_sets.number as sample_set, sample_sets.step,
            (select count(*) from images where images.run = runs.number and kind = 'sample'
                and images.sample_set = sample_sets.number) as pictures,
            json_extract(settings, '$.sampler') as sampler,
            json_extract(settings, '$.sampling_steps') as sampling_steps,
            json_extract(settings, '$.guidance') as guidance, weights,
            datetime(sample_sets.time, 'unixepoch', 'localtime') as drawn,
            (select path from images where images.run = runs.number and kind = 'sample'
                and images.sample_set = sample_sets.number limit 1) as path
        from sample_sets join runs on runs.number = sample_sets.run order by sample_sets.time desc
    """,
    """
    create view clip_by_class as
        select runs.name as run, images.step, clip_scores.model, clip_scores.weights, clip_scores.convention,
            clip_scores.label, avg(clip_scores.value) as mean, min(clip_scores.value) as low,
            max(clip_scores.value) as high, count(*) as n
        from clip_scores join images on images.number = clip_scores.image join runs on runs.number = images.run
        group by runs.number, images.step, clip_scores.model, clip_scores.weights, clip_scores.convention,
            clip_scores.label
    """,
)

SECOND = (  # the queue, and what a person asks of a run
    "alter table runs add column asked text",  # newest of queue, stop, stop-now, pause
    "alter table runs add column asked_attempts integer",  # the newest attempt when that was asked
    "alter table runs add column queue_position integer",
    "create index runs_by_status on runs (status)",
    "alter table series add column last_attempt integer",
    "update series set last_attempt = (select max(attempt) from points where points.series = series.id)",
    "drop table commands",
    """
    create table requests (
        run integer not null references runs,
        what text not null,                      -- queue, stop, stop-now, pause, move, rename, note, star, tag, untag
        value text,                              -- JSON
        attempts integer not null,               -- the newest attempt when it was asked, 0 before the first
        time real not null
    )
    """,
    "create index requests_by_run on requests (run)",
)

MIGRATIONS = (FIRST, SECOND)
VERSION = len(MIGRATIONS)

OF_A_RUN = (  # tables whose rows belong to a run by their column run
    "attempts",
    "timestep_losses",
    "sample_sets",
    "images",
    "evaluations",
    "requests",
    "alerts",
    "logs",
    "series",
)
