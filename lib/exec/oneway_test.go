package exec_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// otherWays are GoMLX's own ways to compile a graph function, or to catch what it panics with.
var otherWays = regexp.MustCompile(
	`(^|[^.\w])(graph\.|model\.)?(NewExec|ExecOnceN?|CallOnceN?|MustNewExec|MustExecOnceN?)\(|exceptions\.Try`)

// TestOneWayIn checks that only this package compiles graph functions: elsewhere a panic would be a hang. Tests are
// exempt.
func TestOneWayIn(t *testing.T) {
	for _, root := range []string{"..", "../../experiments", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				filepath.Base(filepath.Dir(path)) == "exec" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(text), "\n") {
				if otherWays.MatchString(line) && !strings.HasPrefix(strings.TrimSpace(line), "//") {
					t.Errorf("%s:%d compiles a graph by itself: use lib/exec", path, i+1)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
