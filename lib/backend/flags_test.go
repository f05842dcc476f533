package backend

import "testing"

func TestFlagsRespectTheUser(t *testing.T) {
	const ours = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=65536"
	for _, test := range []struct{ kind, user, want string }{
		{"cpu", "", ours},
		{"cpu", "--xla_dump_to=/tmp/x ", "--xla_dump_to=/tmp/x " + ours},
		{"cpu", ours, ours}, // a second process inherits ours
		{"cpu", "--xla_backend_extra_options=other=1", "--xla_backend_extra_options=other=1"},
		{"cpu", "flags.txt", "flags.txt"},
		{"cuda", "", "--xla_gpu_deterministic_ops=true"},
		{"cuda", "--xla_gpu_deterministic_ops=false", "--xla_gpu_deterministic_ops=false"},
		{"tpu", "--a=1", "--a=1"},
	} {
		if got := xlaFlags(test.kind, test.user); got != test.want {
			t.Errorf("%s, %q: got %q, want %q", test.kind, test.user, got, test.want)
		}
	}
}
