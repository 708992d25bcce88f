#!/bin/sh
# Pictures of the screens but the form, from a home with finished runs of a study: docs/screens.sh HOME
# Needs Xvfb, xterm, xdotool and ImageMagick, and `workbench` on the PATH. xterm shows the runs' pictures as sixels.
set -eu
export WORKBENCH_HOME="$1" DISPLAY=:98
docs=$(cd "$(dirname "$0")" && pwd)
Xvfb :98 -screen 0 1400x900x24 -nolisten tcp &
server=$!
trap 'kill $server' EXIT
sleep 2
xterm -ti vt340 -geometry 120x40+0+0 -fa 'DejaVu Sans Mono' -fs 10 -bg '#14161a' -fg '#d8d8d8' \
    -e env TERM=xterm-256color COLORTERM=truecolor workbench &
sleep 8
window=$(xdotool search --class xterm | tail -1)
xdotool mousemove 900 8 # keys go to the window under the pointer

press() { # keys, each given time to be done
    for key in "$@"; do xdotool key --clearmodifiers "$key"; sleep 0.4; done
}
picture() { # what the screen shows once it has come to rest, in so many colours
    sleep 4
    import -window "$window" -strip +dither -colors "${2:-64}" "PNG8:$docs/screen-$1.png"
}

press Down; picture runs
press l Down
press Return; picture run
press 2 Home; press Right Right Right Right; picture denoising
press 3; picture samples 24
press 5; picture judges
press Q; sleep 2; press ctrl+r; picture query
press Escape Escape Escape q
