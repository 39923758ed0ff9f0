#!/usr/bin/env bash
# The gate as a step of any CI: compare, write every report, and end with the gate's exit code.
#
# Reads (all but the first four may be empty; lists have one entry a line):
#   ESQUAL_INDEX ESQUAL_TOPICS ESQUAL_BASELINE ESQUAL_CANDIDATE (list)
#   ESQUAL_CANDIDATE_INDEX ESQUAL_CORPUS (list) ESQUAL_MAPPING ESQUAL_QRELS (list)
#   ESQUAL_MEASURE (list) ESQUAL_GATE ESQUAL_MAX_DROP ESQUAL_ALLOW_INCONCLUSIVE (true)
#   ESQUAL_ARGUMENTS (list: further arguments of compare-queries, one a line)
#   ESQUAL_REPORTS (folder, default esqual-reports)
# and ESQUAL_ENGINE, which esqual reads itself. Under GitHub Actions it also writes the step's
# summary, annotations and outputs (verdict, decision, exit-code).
set -uo pipefail

reports=${ESQUAL_REPORTS:-esqual-reports}
mkdir -p "$reports" || exit 3

arguments=()
option() { # flag, entries one a line
    local entry
    while IFS= read -r entry; do
        entry=${entry%$'\r'}
        [ -n "$entry" ] && arguments+=("$1" "$entry")
    done <<< "$2"
}
option --index "${ESQUAL_INDEX:-}"
option --candidate-index "${ESQUAL_CANDIDATE_INDEX:-}"
option --topics "${ESQUAL_TOPICS:-}"
option --baseline "${ESQUAL_BASELINE:-}"
option --candidate "${ESQUAL_CANDIDATE:-}"
option --qrels "${ESQUAL_QRELS:-}"
option --measure "${ESQUAL_MEASURE:-}"
option --gate "${ESQUAL_GATE:-}"
option --max-drop "${ESQUAL_MAX_DROP:-}"
[ "${ESQUAL_ALLOW_INCONCLUSIVE:-}" = true ] && arguments+=(--allow-inconclusive)
while IFS= read -r entry; do
    entry=${entry%$'\r'}
    [ -n "$entry" ] && arguments+=("$entry")
done <<< "${ESQUAL_ARGUMENTS:-}"

# What is printed may quote queries and documents: no line of it is a command to the runner.
in_github=${GITHUB_ACTIONS:-}
if [ -n "$in_github" ]; then
    token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "::stop-commands::$token"
fi

code=0
corpora=()
while IFS= read -r entry; do
    entry=${entry%$'\r'}
    [ -n "$entry" ] && corpora+=("$entry")
done <<< "${ESQUAL_CORPUS:-}"
if [ ${#corpora[@]} -gt 0 ]; then
    esqual index "${corpora[@]}" --index "${ESQUAL_INDEX:-}" --mapping "${ESQUAL_MAPPING:-}" \
        --recreate || code=3
fi
# nothing of an earlier run may stand for this one
rm -f "$reports"/{comparison.json,summary.md,junit.xml,topics.csv,report.html,ab-report.html,annotations.txt}
if [ "$code" = 0 ]; then
    esqual compare-queries "${arguments[@]}" --json \
        --markdown "$reports/summary.md" --junit "$reports/junit.xml" \
        --csv "$reports/topics.csv" --html "$reports/report.html" \
        --ab-report "$reports/ab-report.html" \
        --annotations "$reports/annotations.txt" > "$reports/comparison.json"
    code=$?
fi
[ -f "$reports/summary.md" ] && cat "$reports/summary.md"
[ -n "$in_github" ] && echo "::$token::"

# of several candidates: the worst verdict, and the decision on the best one
said=$(python3 - "$reports/comparison.json" <<'PYTHON'
import json, sys
try:
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
except (OSError, ValueError):
    print("VOID none")
else:
    rows = report.get("candidates", [report])
    best = report.get("ranking", [rows[0]["tag"]])[0]
    decision = next(row["decision"] for row in rows if row["tag"] == best)
    print(report["verdict"] or "NONE", decision["field"] if decision else "none")
PYTHON
)
read -r verdict decision <<< "$said"
echo "esqual: verdict $verdict, decision $decision, exit code $code"
[ -n "$in_github" ] && [ -f "$reports/annotations.txt" ] && cat "$reports/annotations.txt"
[ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$reports/summary.md" ] \
    && cat "$reports/summary.md" >> "$GITHUB_STEP_SUMMARY"
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    printf 'verdict=%s\ndecision=%s\nexit-code=%s\n' "$verdict" "$decision" "$code" \
        >> "$GITHUB_OUTPUT"
fi
exit "$code"
