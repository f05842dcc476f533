package main

import (
	"path/filepath"
	"strings"
	"testing"

	"scorelab/lib/suite"
)

func TestParseShard(t *testing.T) {
	for _, c := range []struct {
		text, env string
		want      suite.Shard
		err       string
	}{
		{"", "JOB_COMPLETION_INDEX=1", suite.Shard{}, ""},
		{"1/1", "", suite.Shard{I: 1, N: 1}, ""},
		{"3/4", "JOB_COMPLETION_INDEX=1 SLURM_ARRAY_TASK_ID=2", suite.Shard{I: 3, N: 4}, ""},
		{"auto/4", "JOB_COMPLETION_INDEX=0", suite.Shard{I: 1, N: 4}, ""},
		{"auto", "JOB_COMPLETION_INDEX=3 JOB_COMPLETION_COUNT=4", suite.Shard{I: 4, N: 4}, ""},
		{"auto", "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=4", suite.Shard{I: 1, N: 4}, ""},
		{"auto", "SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_COUNT=4", suite.Shard{I: 4, N: 4}, ""},
		// one task, sent again
		{"auto/4", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1", suite.Shard{I: 3, N: 4}, ""},
		{"auto", "", suite.Shard{}, "finds neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID: give -shard I/N"},
		{"auto", "JOB_COMPLETION_INDEX=3", suite.Shard{}, "finds JOB_COMPLETION_INDEX but not JOB_COMPLETION_COUNT: " +
			"set it, or give -shard auto/N"},
		{"auto", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1", suite.Shard{},
			"-shard auto, SLURM_ARRAY_TASK_ID=3, SLURM_ARRAY_TASK_COUNT=1: the parts are 1 to 1"},
		{"auto", "SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_COUNT=4", suite.Shard{}, "the parts are 1 to 4"},
		{"auto/4", "JOB_COMPLETION_INDEX=4", suite.Shard{}, "the parts are 0 to 3"},
		{"auto/4", "JOB_COMPLETION_INDEX=", suite.Shard{}, "the parts are 0 to 3"},
		{"0/4", "", suite.Shard{}, "-shard 0/4: the parts are 1 to 4"},
		{"5/4", "", suite.Shard{}, "-shard 5/4: the parts are 1 to 4"},
		{"-1/4", "", suite.Shard{}, "the parts are 1 to 4"},
		{"1/0", "", suite.Shard{}, "-shard 1/0: the number of parts is a whole number, 1 or more"},
		{"1/x", "", suite.Shard{}, "the number of parts is a whole number"},
		{"1/2/3", "", suite.Shard{}, "the number of parts is a whole number"},
		{"1/99999999999999999999", "", suite.Shard{}, "the number of parts is a whole number"},
		{"1/9223372036854775807", "", suite.Shard{}, "the number of parts is a whole number"},
		{"3", "", suite.Shard{}, "-shard 3 is no part of a suite: give I/N, auto or auto/N"},
	} {
		env := map[string]string{}
		for _, pair := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		got, err := parseShard(c.text, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q with %q: %v, %v, want %v, %q", c.text, c.env, got, err, c.want, c.err)
		}
	}
}

// The commands, on two real experiments: shards of a job array, one of them idle, make the whole run, byte for byte.
func TestShardsOfRealExperiments(t *testing.T) {
	if testing.Short() {
		t.Skip("runs two experiments twice")
	}
	t.Setenv(cliEnv, "real")
	dir := t.TempDir()
	run := func(args string) string {
		t.Helper()
		code, stdout, stderr := cli(t, dir, strings.Fields(args)...)
		if code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", args, code, stdout, stderr)
		}
		return stdout + stderr
	}
	run("run -out whole")
	for index, want := range map[string]string{"0": "ok     score-field", "1": "ok     tweedie",
		"2": "no experiment belongs to shard 3/3"} {
		t.Setenv(jobIndex, index)
		if out := run("run -shard auto/3 -out shards/" + index); !strings.Contains(out, want) {
			t.Errorf("shard %s: %s", index, out)
		}
	}
	if out := run("merge merged shards/0 shards/1 shards/2"); !strings.HasPrefix(out, "2 of 2 experiments hold, ") ||
		!strings.Contains(out, "from 3 shards; merged/README.md") {
		t.Errorf("merge: %s", out)
	}
	if out := run("diff -exact whole merged"); !strings.Contains(out, "2 experiments") {
		t.Errorf("diff: %s", out)
	}
	code, _, stderr := cli(t, dir, "merge", "merged", "shards/1", "shards/2")
	if want := "scorelab: no shard has score-field: run `scorelab run -shard 1/3 -seed 1 -profile quick -backend " +
		"go -out DIR` and merge again\n"; code != exitUsage || stderr != want {
		t.Errorf("a shard is missing: exit code %d, %s", code, stderr)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "merged", "*", "run.json")); len(files) != 2 {
		t.Errorf("a merge that fails left %v", files)
	}
}
