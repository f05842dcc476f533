package scorelab

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// What code hosts show at once, and what a reader's browser takes in.
const (
	maxIndexBytes = 60_000
	maxPageBytes  = 200_000
)

var (
	pageLink = regexp.MustCompile(`\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"`)
	anchored = regexp.MustCompile(`\bid="([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fenced   = regexp.MustCompile("(?s)```.*?```")
	notWord  = regexp.MustCompile(`[^\p{L}\p{N}\- ]`)
)

// TestPages holds that every Markdown page opens: it is small enough, and its links and anchors lead somewhere.
func TestPages(t *testing.T) {
	pages := map[string]string{}
	for _, name := range filesOf(t, ".md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(name, "/testdata/") { // pages of suites that are not here
			pages[name] = string(text)
		}
	}
	if len(pages) < 50 {
		t.Fatalf("%d pages", len(pages))
	}
	for name, text := range pages {
		if len(text) > maxPageBytes || name == "results/README.md" && len(text) > maxIndexBytes {
			t.Errorf("%s has %d bytes", name, len(text))
		}
		for _, link := range pageLink.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			checkLink(t, pages, name, link[1]+link[2])
		}
	}
}

// checkLink reports a link of a page that leads nowhere.
func checkLink(t *testing.T, pages map[string]string, page, link string) {
	t.Helper()
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return
	}
	file, anchor, _ := strings.Cut(link, "#")
	target := page
	if file != "" {
		target = path.Join(path.Dir(page), file)
	}
	if _, err := os.Stat(target); err != nil {
		t.Errorf("%s links to %s, which is not there", page, link)
		return
	}
	if text, is := pages[target]; anchor != "" && is && !hasAnchor(text, anchor) {
		t.Errorf("%s links to %s, an anchor that is not there", page, link)
	}
}

// hasAnchor says whether a page has an anchor: an id, or a heading as code hosts name it.
func hasAnchor(text, anchor string) bool {
	for _, id := range anchored.FindAllStringSubmatch(text, -1) {
		if id[1] == anchor {
			return true
		}
	}
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		slug := strings.ReplaceAll(notWord.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")
		if slug == anchor {
			return true
		}
	}
	return false
}
