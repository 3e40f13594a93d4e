"""The plots of a study in one HTML file, which needs nothing else."""

from __future__ import annotations

import html
import warnings

import optuna

from apps_rec.pages import head
from apps_rec.tools.tuning.study import Study
from apps_rec.tools.tuning.summary import labels

_TITLES = {
    "history": "Value of each trial, and the best so far",
    "importance": "Share of the spread of values that a parameter explains (PED-ANOVA, Watanabe et al. 2023)",
    "parallel": "Values of each trial, by what came of them",
    "intermediate": "Values during training",
}


def plots_html(study: Study) -> str:
    """Returns a page with history, importance, parallel coordinates and intermediate values of a study.

    A plot for which there are too few trials is left out; the page says so.
    """
    from optuna import visualization

    short = labels([one.name for one in study.space])
    made = _renamed(study, short)
    plots = {
        "history": lambda: visualization.plot_optimization_history(made, target_name=study.metric),
        "importance": lambda: visualization.plot_param_importances(
            made, evaluator=optuna.importance.PedAnovaImportanceEvaluator(), target_name=study.metric
        ),
        "parallel": lambda: visualization.plot_parallel_coordinate(made, target_name=study.metric),
        "intermediate": lambda: visualization.plot_intermediate_values(made),
    }
    parts, has_library = [], False
    for name, plot in plots.items():
        parts.append(f"<h2>{html.escape(_TITLES[name])}</h2>")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                figure = plot()
        except (ValueError, RuntimeError, ZeroDivisionError) as error:
            parts.append(f"<p>Not drawn: {html.escape(str(error))}</p>")
            continue
        # The library, 5 MB, stands in the page once.
        parts.append(figure.to_html(full_html=False, include_plotlyjs=not has_library))
        has_library = True
    title = html.escape(f"{study.config.path}: {study.metric}")
    return f"{head(title)}</head>\n<body>\n<h1>{title}</h1>\n" + "\n".join(parts) + "\n</body>\n</html>\n"


def _renamed(study: Study, short: dict[str, str]) -> optuna.Study:
    """Returns a copy of a study in memory whose parameters have short names: paths would fill the plots."""
    copy = optuna.create_study(direction="maximize" if study.maximizes else "minimize")
    for one in study.trials():
        if one.state.is_finished():
            copy.add_trial(
                optuna.trial.create_trial(
                    state=one.state,
                    value=one.value,
                    params={short[name]: value for name, value in one.params.items()},
                    distributions={short[name]: kind for name, kind in one.distributions.items()},
                    intermediate_values=one.intermediate_values,
                )
            )
    return copy
