#!/usr/bin/env bash
# Runs what can be known about a backend in eight minutes, from the folder that pack.sh made: it needs neither Go nor a
# network. Each stage has a time limit, and after each the log, the results and the summary so far are in OUT.
#
#	BACKEND      xla:cuda, or xla:cpu to try the script without a card
#	OUT          where summary.txt and gpu.tar.gz go; default ./gpu-results
#	PYTHON       whose packages hold the plugin, and JAX where it is compared
#	EXPERIMENTS  what to run in place of the chapters below
#	LIMIT        seconds for everything
set -uo pipefail
export LC_ALL=C

# The exact experiments: no network is trained. Cheap chapters come first, since time may run out.
chapters=(
	"basics: score-field hutchinson probing"
	"tweedie: tweedie"
	"errata: errata likelihood"
	"forward: forward-process digits-forward"
	"score: ode-collapse manifold"
	"guidance: classifier-guidance guided-distributions"
	"langevin: invariant-distribution fokker-planck annealed-langevin"
	"reverse: ddpm error-budget"
	"schedules: schedules"
)
[[ -z ${EXPERIMENTS:-} ]] || chapters=("chosen: $EXPERIMENTS")

if [[ ${1:-} == --list ]]; then
	for chapter in "${chapters[@]}"; do tr ' ' '\n' <<<"${chapter#*: }"; done
	exit 0
fi

BACKEND=${BACKEND:-xla:cuda}
PYTHON=${PYTHON:-python3}
LIMIT=${LIMIT:-465}
started=$SECONDS
out=${OUT:-gpu-results}
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work" "$work.tar"' EXIT
mkdir "$work/logs"
: >"$work/summary.txt"
passed=() failed=() left_out=()

say() {
	echo "$*" | tee -a "$work/summary.txt"
}

# within makes the stages that follow end by a number of seconds from the start on.
within() {
	deadline=$((started + ($1 < LIMIT ? $1 : LIMIT)))
}
within "$LIMIT"

# pattern matches these experiments and no others.
pattern() {
	local IFS='|'
	echo "^($*)\$"
}

# keep copies what there is so far to OUT, so that it survives an end from outside.
keep() {
	cp "$work/summary.txt" "$out/summary.txt"
	tar -C "$work" --exclude=links --exclude=nvidia -czf "$work.tar" . && mv "$work.tar" "$out/gpu.tar.gz"
}

# attempt NAME SECONDS COMMAND...: the exit code of a command, with a time limit. Its output goes to logs/NAME.log.
attempt() {
	local name=$1 most=$2 code=0 began=$SECONDS last
	shift 2
	((most <= deadline - SECONDS)) || most=$((deadline - SECONDS))
	if ((most < 1)); then
		echo "no time is left" >"$work/logs/$name.log"
		code=124
	else
		timeout -k 5 "$most" "$@" >"$work/logs/$name.log" 2>&1 </dev/null || code=$?
	fi
	last=$(grep -v '^$' "$work/logs/$name.log" | tail -n 1 | cut -c 1-300)
	say "$name: exit code $code, $((SECONDS - began)) s: $last"
	keep
	return $code
}

# stage is an attempt that counts.
stage() {
	if attempt "$@"; then
		passed+=("$1")
	else
		failed+=("$1")
		return 1
	fi
}

# finish prints the last line, which says what passed.
finish() {
	local line="gpu: ${#passed[@]} of $((${#passed[@]} + ${#failed[@]})) stages passed on $BACKEND in $((SECONDS - started)) s: ${passed[*]:-none}"
	((${#failed[@]} == 0)) || line+="; failed: ${failed[*]}"
	((${#left_out[@]} == 0)) || line+="; left out: ${left_out[*]}"
	say "$line"
	keep
	((${#failed[@]} == 0))
	exit
}

# measure NAME COMMAND...: a stage that prints a measurement.
measure() {
	stage "$1" 60 "${@:2}"
	grep '^{' "$work/logs/$1.log" >>"$work/measured.jsonl"
}

if [[ $BACKEND == xla:cuda ]]; then
	attempt card 20 nvidia-smi
	stage plugin 30 "$PYTHON" plugin.py "$work" || finish
	# shellcheck disable=SC1090,SC1091 # made by plugin.py
	source <(grep '^export ' "$work/logs/plugin.log")
	export JAX_PLATFORMS=cuda
else
	export JAX_PLATFORMS=cpu
fi
export XLA_PYTHON_CLIENT_PREALLOCATE=false # JAX leaves memory to others, as scorelab does

stage doctor 60 ./scorelab doctor --backend "$BACKEND" || finish
grep -F " $BACKEND  " "$work/logs/doctor.log" | tee -a "$work/summary.txt"
measure precision ./probe -backend "$BACKEND" precision

within 165 # the rest is for the experiments
# Small is what the CPU is measured with; large is work for a card.
sizes=("small -width 128 -batch 512 -steps 1000 -samples 2000 -grid 500"
	"large -width 1024 -batch 16384 -steps 200 -samples 100000 -grid 200")
[[ $BACKEND == xla:cuda ]] || sizes=("tiny -width 16 -batch 64 -steps 50 -samples 2000 -grid 20")
jax=no
if attempt jax-import 60 "$PYTHON" -c 'import jax; print("JAX", jax.__version__, jax.devices())'; then
	jax=yes
else
	say "JAX does not start here: its timing is left out"
	left_out+=(jax)
fi
for size in "${sizes[@]}"; do
	read -r name flags <<<"$size"
	read -ra flags <<<"$flags"
	for what in train sample; do
		measure "$what-$name" ./probe -backend "$BACKEND" "${flags[@]}" "$what"
		[[ $jax == no ]] || measure "jax-$what-$name" "$PYTHON" speed.py "${flags[@]/#-/--}" "$what"
	done
done
stage ratios 20 "$PYTHON" speed.py --compare "$work/measured.jsonl"
sed 's/^/  /' "$work/logs/ratios.log" | tee -a "$work/summary.txt"

if [[ $BACKEND == xla:cuda ]]; then # does it help to launch a loop as one CUDA graph? It need not work.
	XLA_FLAGS="$XLA_FLAGS --xla_gpu_enable_command_buffer=+WHILE" attempt train-small-as-a-graph 30 \
		./probe -backend "$BACKEND" train
fi

within $((LIMIT - 40)) # for the gate
finished=()
for chapter in "${chapters[@]}"; do
	read -ra names <<<"${chapter#*: }"
	if ((deadline - SECONDS < 5)); then
		left_out+=("${names[@]}")
		continue
	fi
	stage "${chapter%%:*}" 120 ./scorelab run --backend "$BACKEND" --out "$work/results" --run "$(pattern "${names[@]}")"
	for id in "${names[@]}"; do
		if [[ -f $work/results/$id/run.json ]]; then finished+=("$id"); else left_out+=("$id"); fi
	done
done

within "$LIMIT"
if ((${#finished[@]} == 0)); then
	failed+=(gate)
	finish
fi
stage gate 20 ./scorelab check --baseline results --run "$(pattern "${finished[@]}")" "$work/results"
grep -E '^FAIL|metrics compared' "$work/logs/gate.log" | cut -c 1-300 | head -n 30 | tee -a "$work/summary.txt"

# The first chapter once more: the same seed must give the same bits.
read -ra names <<<"${chapters[0]#*: }"
(cd "$work/results" && sha256sum "${names[@]/%//run.json}") >"$work/first.sums"
stage again 30 ./scorelab run --backend "$BACKEND" --out "$work/again" --run "$(pattern "${names[@]}")"
stage same-bits 10 env -C "$work/again" sha256sum -c "$work/first.sums"
finish
