# Sourced by the scripts beside it, with $here set to the checkout. POSIX sh.
#
# environment EXTRAS   makes $here/.venv good: Python 3.10 or newer with pip and this package, installed as it lies in
#                      the checkout, with its EXTRAS. Sets $python. What is good already is left alone.

find_python() {
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3.10 python; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "no Python 3.10 or newer with venv was found; install one (Debian: apt-get install python3 python3-venv)" >&2
    return 1
}

environment() {
    python="$here/.venv/bin/python"
    stamp="$here/.venv/.installed" # where it was made, from which pyproject.toml, with which extras
    made_for="$here
$(cksum <"$here/pyproject.toml")"

    # A checkout that was moved or copied brings an environment that points at the old place.
    base=
    if [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" != "$here" ]; then base=$(find_python); fi
    if ! "$python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then base=$(find_python); fi
    if [ -n "$base" ]; then
        echo "making $here/.venv" >&2
        "$base" -m venv --clear "$here/.venv"
    fi
    case "$(cat "$stamp" 2>/dev/null)" in
    "$made_for $1"*) "$python" -c 'import flamegraph.cli' 2>/dev/null && return ;;
    esac
    echo "installing flamegraphs${1:+[$1]}" >&2
    (cd "$here" && "$python" -m pip install --quiet --disable-pip-version-check --editable ".${1:+[$1]}")
    echo "$made_for $1" >"$stamp"
}
