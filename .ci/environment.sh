# make_environment [uv sync options]: bring .venv to what uv.lock says, by whichever way this machine has.
make_environment() {
    if command -v uv >/dev/null 2>&1; then
        uv=uv
    else
        uv=.venv/bin/uv
        if ! [ -x "$uv" ]; then
            python=$(find_python) || exit 1
            if ! "$python" -m venv .venv >/dev/null 2>&1; then
                rm -rf .venv
                echo "This Python has no venv. Mend: apt-get install python3-venv (Debian, Ubuntu), or install uv; then run this again." >&2
                exit 1
            fi
            echo "Setting up .venv …" >&2
            .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
        fi
    fi
    # --inexact: uv itself may live in .venv, and the other command's extras may stay.
    "$uv" sync --frozen --inexact --quiet --no-default-groups "$@"
}

find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$python" >/dev/null 2>&1 &&
            "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            echo "$python"
            return 0
        fi
    done
    echo "Python 3.11 or newer is needed and was not found. Mend: install it, or install uv (which brings one)." >&2
    return 1
}
