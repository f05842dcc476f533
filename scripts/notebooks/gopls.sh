#!/bin/sh
# gopls as the kernel starts it. It is not needed where nobody presses Tab, and it must end with a kernel that is
# killed.
[ "${SCORELAB_HEADLESS:-}" != 1 ] || exit 0
exec "$(dirname "$0")/../gopls/gopls" -listen.timeout=1m "$@"
