"""Create or update a Space that serves this project: files in one commit, variables and secrets; or a static site."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys.api import agents
from recsys.data.progress import to_stderr
from recsys.errors import BadInput
from recsys.hub.space import Plan, address, deploy
from recsys.runtime.failures import sentence
from recsys.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Deploy; return 0, or 1 after one sentence on standard error."""
    parser = argparse.ArgumentParser(
        description="Create or update a Space with the app. Running it again without changes does nothing.",
        epilog="HF_TOKEN must have write access. TMDB_API_KEY and RECSYS_ADMIN_KEY become secrets if they are set.",
    )
    parser.add_argument("space", metavar="USER/SPACE")
    parser.add_argument("--model-repo", metavar="USER/REPO", help="the release to serve (see python -m recsys push)")
    parser.add_argument("--revision", metavar="REV", help="tag, branch or commit of the model repo (default main)")
    parser.add_argument("--feedback-repo", metavar="USER/REPO", help="private dataset repo for profiles and feedback")
    parser.add_argument(
        "--hardware",
        metavar="NAME",
        help="hardware of the Space, such as cpu-basic, which needs a paid plan (default: ZeroGPU for a new Space)",
    )
    parser.add_argument("--private", action="store_true", help="make a new Space private")
    parser.add_argument("--renew-secrets", action="store_true", help="send secrets even if the Space has them")
    parser.add_argument(
        "--files-only",
        action="store_true",
        help="send only files to an existing Space, with a token that may write to it alone",
    )
    parser.add_argument("--static", action="store_true", help="deploy the current release as a site without a server")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    try:
        if options.static:
            return _deploy_static(options)
        plan = Plan(
            options.space,
            model_repo=options.model_repo,
            revision=options.revision,
            feedback_repo=options.feedback_repo,
            hardware=options.hardware,
            private=options.private,
            renew_secrets=options.renew_secrets,
            files_only=options.files_only,
        )
        also = {agents.PATH: agents.document(address(options.space)).encode("utf-8")}
        done = deploy(plan, Settings.from_env(), progress=to_stderr, also=also)
    except Exception as error:
        print(f"deploy_space: {sentence(error)}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(done, indent=1))
        return 0
    changes = [
        f"{len(done[key])} {words}"
        for key, words in (
            ("files_sent", "files sent"),
            ("files_deleted", "files deleted"),
            ("variables", "variables set"),
            ("secrets", "secrets set"),
        )
        if done[key]
    ]
    changes += [f"moved to {done['hardware']}"] if done["moved"] else []
    verb = "created" if done["created"] else "updated" if changes else "unchanged"
    print(f"{verb}: {', '.join(changes) or 'nothing to do'}")
    print(f"{done['url']}\n{done['address']}")
    return 0


def _deploy_static(options: argparse.Namespace) -> int:
    """Deploy the current release as a static Space."""
    from recsys.site.deploying import deploy as deploy_site

    others = ("model_repo", "revision", "feedback_repo", "hardware", "renew_secrets", "files_only")
    if given := [name for name in others if getattr(options, name)]:
        raise BadInput(f"--static has no server, so leave out --{given[0].replace('_', '-')}.")
    done = deploy_site(options.space, Settings.from_env(), private=options.private, progress=to_stderr)
    if options.json:
        print(json.dumps(done, indent=1))
        return 0
    changes = [f"{len(done['files_sent'])} files sent"] if done["files_sent"] else []
    changes += [f"{len(done['files_deleted'])} files deleted"] if done["files_deleted"] else []
    verb = "created" if done["created"] else "updated" if changes else "unchanged"
    print(f"{verb}: {', '.join(changes) or 'nothing to do'}")
    print("\n".join([*done["data"], done["url"], done["address"]]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
