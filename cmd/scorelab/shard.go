package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"scorelab/lib/suite"
)

// Environment variables of the tasks of a job array. Kubernetes sets the index of an Indexed Job, from 0; the
// manifest must set the count. Slurm sets both, the index as given to `sbatch --array`.
const (
	jobIndex, jobCount     = "JOB_COMPLETION_INDEX", "JOB_COMPLETION_COUNT"
	slurmIndex, slurmCount = "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"
)

// parseShard reads "2/4"; or "auto" and "auto/4", which take the rest from the scheduler. Empty is the whole suite.
func parseShard(text string, lookup func(string) (string, bool)) (suite.Shard, error) {
	if text == "" {
		return suite.Shard{}, nil
	}
	part, total, given := strings.Cut(text, "/")
	from := "-shard " + text
	first := 1
	if part == "auto" {
		index, count, ok := "", "", false
		for _, names := range [][2]string{{jobIndex, jobCount}, {slurmIndex, slurmCount}} {
			if part, ok = lookup(names[0]); ok {
				index, count = names[0], names[1]
				break
			}
		}
		if !ok {
			return suite.Shard{}, fmt.Errorf("-shard %s finds neither %s nor %s: give -shard I/N outside a job array",
				text, jobIndex, slurmIndex)
		}
		from += ", " + index + "=" + part
		if index == jobIndex {
			first = 0
		}
		if !given {
			if total, ok = lookup(count); !ok {
				return suite.Shard{}, fmt.Errorf("-shard auto finds %s but not %s: set it, or give -shard auto/N",
					index, count)
			}
			from += ", " + count + "=" + total
		}
	} else if !given {
		return suite.Shard{}, fmt.Errorf("-shard %s is no part of a suite: give I/N, auto or auto/N", text)
	}
	n, err := strconv.Atoi(total)
	if err != nil || n < 1 || n > math.MaxInt32 {
		return suite.Shard{}, fmt.Errorf("%s: the number of parts is a whole number, 1 or more", from)
	}
	i, err := strconv.Atoi(part)
	if err != nil || i < first || i >= n+first {
		return suite.Shard{}, fmt.Errorf("%s: the parts are %d to %d", from, first, n+first-1)
	}
	return suite.Shard{I: i - first + 1, N: n}, nil
}
