package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"scorelab/internal/atomicdir"
	"scorelab/lib/backend"
)

// Folder is a folder of checkpoints, locked so that only this process writes to it.
type Folder struct {
	Dir    string
	Writer atomicdir.Writer // only tests set it

	keep   int
	notice func(string)
	found  int          // the latest step of another process's checkpoints that were not loaded; -1: none
	good   map[int]bool // steps of the checkpoints that this process read or wrote; false: damaged
	stays  map[int]bool // steps of the checkpoints reported to contain foreign files
	unlock func() error
}

// ErrNone is the error of a folder without checkpoints.
var ErrNone = errors.New("there is no checkpoint")

// DefaultKeep is the number of checkpoints that Open keeps for keep = 0.
const DefaultKeep = 3

// Open makes dir if needed and locks it. The error of a folder in use is an *atomicdir.LockedError. It keeps the last
// good checkpoints, as many as keep says (0: DefaultKeep). notice, unless nil, receives a line for everything that was
// skipped, with the reason.
func Open(dir string, keep int, notice func(string)) (*Folder, error) {
	if keep < 0 {
		return nil, fmt.Errorf("keeping %d checkpoints: give 1 or more, or 0 for %d", keep, DefaultKeep)
	}
	if keep == 0 {
		keep = DefaultKeep
	}
	if notice == nil {
		notice = func(string) {}
	}
	cleared, unlock, err := atomicdir.Open(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range cleared {
		notice(fmt.Sprintf("%s is a checkpoint that was never finished, and removed", filepath.Join(dir, name)))
	}
	f := &Folder{Dir: dir, keep: keep, notice: notice, found: -1, good: map[int]bool{}, stays: map[int]bool{},
		unlock: unlock}
	there, err := steps(dir)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	if len(there) > 0 {
		f.found = there[0]
	}
	return f, nil
}

// Close unlocks the folder.
func (f *Folder) Close() error { return f.unlock() }

// path is the folder of a step.
func path(dir string, step int) string { return filepath.Join(dir, fmt.Sprintf("step-%08d", step)) }

var stepName = regexp.MustCompile(`^step-([0-9]{8,})$`)

// steps returns the steps of the checkpoints in a folder, the newest first.
func steps(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, atomicdir.Error("read", dir, err)
	}
	var found []int
	for _, entry := range entries {
		parts := stepName.FindStringSubmatch(entry.Name())
		if parts == nil {
			continue
		}
		if step, err := strconv.Atoi(parts[1]); err == nil && filepath.Base(path(dir, step)) == entry.Name() {
			found = append(found, step)
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found, nil
}

// Save writes a checkpoint, and then removes those that are too old to keep. On any error the former ones stay
// unchanged. It does not mix runs. If there were checkpoints, call Load first. A step before the newest is an error.
func (f *Folder) Save(c Checkpoint) error {
	if f.found >= 0 {
		return fmt.Errorf("%s holds the checkpoint of step %d of another run: resume from it, or save into another "+
			"folder", f.Dir, f.found)
	}
	files, err := c.encode()
	if err != nil {
		return err
	}
	if err := f.newerThan(c.Step); err != nil {
		return err
	}
	if err := f.Writer.Replace(path(f.Dir, c.Step), files, filesOf(path(f.Dir, c.Step))); err != nil {
		return fmt.Errorf("%w; the checkpoints before it are untouched", atomicdir.Error("write", path(f.Dir, c.Step),
			err))
	}
	f.good[c.Step] = true
	f.prune()
	return nil
}

// newerThan returns an error for a step before that of the newest checkpoint, which Load would still return. Damaged
// ones do not count.
func (f *Folder) newerThan(step int) error {
	found, err := steps(f.Dir)
	if err != nil {
		return err
	}
	for _, last := range found {
		if good, known := f.good[last]; known && !good {
			continue
		}
		if step < last {
			return fmt.Errorf("%s holds the checkpoint of step %d, and the next run would go on from that one "+
				"instead of "+
				"step %d: remove the later checkpoints, or save into another folder", f.Dir, last, step)
		}
		break
	}
	return nil
}

// prune removes the oldest checkpoints, so that the last good ones are left. Damaged ones neither count nor are
// removed, since a user may want to examine them. Those with foreign files stay, with a notice. So do those that cannot
// be removed, which does not harm the newest checkpoint.
func (f *Folder) prune() {
	found, err := steps(f.Dir)
	if err != nil {
		f.notice(err.Error())
		return
	}
	kept := 0
	for _, step := range found {
		if good, known := f.good[step]; known && !good {
			continue
		}
		if kept++; kept <= f.keep {
			continue
		}
		at := path(f.Dir, step)
		err := f.Writer.Remove(at, filesOf(at))
		if foreign := (*atomicdir.ForeignError)(nil); err != nil && !(errors.As(err, &foreign) && f.stays[step]) {
			f.notice(atomicdir.Error("remove", at, err).Error())
			f.stays[step] = foreign != nil
		}
	}
}

// Load reads the newest good checkpoint. Damaged ones are skipped with a notice. If there are no others, the error is
// that of the damage. The error is ErrNone without any checkpoint, a *ConfigError if it was made under other settings
// than config, and a *VersionError if a newer program wrote it.
func (f *Folder) Load(config any, backendName string) (*Checkpoint, error) {
	c, at, err := newest(f.Dir, func(step int, err error) {
		f.good[step] = err == nil
		if err != nil {
			f.notice(err.Error() + "; trying the checkpoint before it")
		}
	})
	if err != nil {
		return nil, err
	}
	here, err := canonical(config)
	if err != nil {
		return nil, err
	}
	there, err := canonical(c.Config)
	if err != nil {
		return nil, err
	}
	diff, err := differences(there, here)
	if err != nil {
		return nil, err
	}
	if len(diff) > 0 {
		return nil, &ConfigError{at, diff}
	}
	if c.Backend != backendName {
		f.notice(fmt.Sprintf("%s was made by %s and continues with %s: the same distribution, other rounding", at,
			c.Backend,
			backendName))
	}
	f.found = -1
	for name, version := range backend.Versions() {
		if was := c.Versions[name]; was != version {
			f.notice(fmt.Sprintf("%s was made with %s %s, and this is %s: rounding may differ", at, name, was, version))
		}
	}
	return c, nil
}

// Newest reads the newest good checkpoint of a folder that another process may be writing. notice, unless nil, receives
// a line for everything that was skipped.
func Newest(dir string, notice func(string)) (*Checkpoint, error) {
	c, _, err := newest(dir, func(_ int, err error) {
		if err != nil && notice != nil {
			notice(err.Error())
		}
	})
	return c, err
}

// newest tries the checkpoints one after the other, and calls tried with the outcome of each.
func newest(dir string, tried func(step int, err error)) (c *Checkpoint, at string, err error) {
	found, err := steps(dir)
	if err != nil {
		return nil, "", err
	}
	var first error
	for _, step := range found {
		at := path(dir, step)
		c, err := Read(at)
		if err == nil && c.Step != step {
			err = &DamagedError{at, fmt.Sprintf("holds the checkpoint of step %d", c.Step)}
		}
		var damaged *DamagedError
		if err != nil && !errors.As(err, &damaged) {
			return nil, "", err
		}
		tried(step, err)
		if err == nil {
			return c, at, nil
		}
		if first == nil {
			first = err
		}
	}
	if first != nil {
		return nil, "", fmt.Errorf("no checkpoint in %s is whole: %w", dir, first)
	}
	return nil, "", fmt.Errorf("%w in %s", ErrNone, dir)
}
