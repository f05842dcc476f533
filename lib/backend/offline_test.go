package backend_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// Nothing is downloaded, with a plugin or without. A process that opens a backend contacts no server and does not
// change its home folder. go-xla alone would install plugins.
func TestNothingIsDownloaded(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Error(w, "no network", http.StatusBadGateway)
	}))
	defer proxy.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOMLX_NO_AUTO_INSTALL", "") // restored afterwards; any value would already prevent installs
	os.Unsetenv("GOMLX_NO_AUTO_INSTALL")
	home := t.TempDir()
	env := []string{"HOME=" + home, "HTTP_PROXY=" + proxy.URL, "HTTPS_PROXY=" + proxy.URL, "http_proxy=" + proxy.URL,
		"https_proxy=" + proxy.URL, "NO_PROXY=", "no_proxy="}
	for _, name := range []string{"auto", "xla:cpu", "xla:cuda", "go"} {
		for _, more := range []string{"SCORELAB_PLUGINS=where they usually are", "PJRT_PLUGIN_LIBRARY_PATH=" +
			t.TempDir()} {
			if line := openElsewhere(t, self, name, append(env, more)...); strings.Count(line, "\n") != 1 {
				t.Errorf("%s, %s: %s", name, more, line)
			}
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests", n)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) > 0 {
		t.Errorf("in the home folder: %v, %v", entries, err)
	}
}
