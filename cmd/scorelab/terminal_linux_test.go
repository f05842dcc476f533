package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal of some columns: what a command writes into tty comes out of screen.
func terminal(t *testing.T, columns int) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { tty.Close() })
	size := &unix.Winsize{Row: 24, Col: uint16(columns)}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Skip(err)
	}
	return screen, tty
}

// The line of the bar fits the terminal, so that each turn overwrites the one before; a narrow terminal has none.
func TestBarFitsTheTerminal(t *testing.T) {
	var ends []func() // the experiments sleep, all at once
	for _, columns := range []int{20, 39, 40, 50, 80, 200} {
		ends = append(ends, runOnTerminal(t, columns))
	}
	for _, end := range ends {
		end()
	}
}

// runOnTerminal starts an experiment on a terminal; end waits for it and looks at what it has shown.
func runOnTerminal(t *testing.T, columns int) (end func()) {
	screen, tty := terminal(t, columns)
	c, _, _ := command(t.TempDir(), "run", "E05", "-out", "r")
	c.Stderr = tty
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(screen) // ends with an error when nobody has the terminal open
		shown <- string(text)
	}()
	return func() {
		err := c.Wait()
		tty.Close()
		text := <-shown
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		bars := strings.Count(text, "%")
		text = escape.ReplaceAllString(strings.ReplaceAll(text, "\r\n", "\n"), "")
		for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if n := len([]rune(line)); n > columns && strings.Contains(line, "%") {
				t.Errorf("%d columns: a line of %d: %q", columns, n, line)
			}
		}
		if (bars > 0) != (columns >= 40) {
			t.Errorf("%d columns: %d turns of the bar", columns, bars)
		}
	}
}

// escape matches what steers the terminal.
var escape = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)
