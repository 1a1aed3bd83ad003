package reconcile

import (
	"errors"
	"iter"

	"giberno.ru/shared/core/fault"
)

// MaxGroup is how many operations of one side may share a name. A payment has at most some hundred; more means that the
// wrong column was taken for the reference.
const MaxGroup = 300

// The faults of a match.
var (
	ErrGroup    = fault.Invalid("register_reference_repeated", "Too many operations share one reference: the wrong column may be mapped.")
	ErrUnsorted = fault.Internal(errors.New("reconcile: the operations are not sorted by the run's name"))
)

// Match joins two sequences that a Sorter with the run's By has put in order, and hands out every break, in order of the
// joining name. It holds one name's operations at a time. The sequence ends with the first error. summary (not nil) is
// complete when the sequence has ended without one.
//
// facts are those of the run's period and the facts of Carried; lines are the register's and the lines of Carried.
func Match(run Run, facts, lines iter.Seq2[Operation, error], summary *Summary) iter.Seq2[Break, error] {
	return func(yield func(Break, error) bool) {
		*summary = Summary{}
		if err := run.Check(); err != nil {
			yield(Break{}, err)
			return
		}
		ours, stopOurs := read(facts, run.By)
		defer stopOurs()
		theirs, stopTheirs := read(lines, run.By)
		defer stopTheirs()
		for {
			g, err := nextGroup(ours, theirs)
			if err == nil && g == nil {
				return
			}
			var breaks []Break
			if err == nil {
				breaks, err = g.compare(run, summary)
			}
			if err != nil {
				yield(Break{}, err)
				return
			}
			for _, b := range breaks {
				if !yield(b, nil) {
					return
				}
			}
		}
	}
}

// nextGroup takes the operations of the smaller foremost name from both sides. It is nil at the end.
func nextGroup(ours, theirs *reader) (*group, error) {
	if err := errors.Join(ours.err, theirs.err); err != nil {
		return nil, err
	}
	var name string
	switch {
	case ours.done && theirs.done:
		return nil, nil
	case ours.done:
		name = theirs.name
	case theirs.done:
		name = ours.name
	default:
		name = min(ours.name, theirs.name)
	}
	facts, err := ours.take(name)
	if err != nil {
		return nil, err
	}
	lines, err := theirs.take(name)
	return newGroup(facts, lines), err
}

// reader is one side with its foremost operation in sight.
type reader struct {
	pull  func() (Operation, error, bool)
	by    By
	front Operation
	name  string
	done  bool
	err   error
}

func read(operations iter.Seq2[Operation, error], by By) (*reader, func()) {
	pull, stop := iter.Pull2(operations)
	r := &reader{pull: pull, by: by}
	r.advance()
	return r, stop
}

func (r *reader) advance() {
	o, err, more := r.pull()
	if !more || err != nil {
		r.done, r.err = !more, err
		return
	}
	name := o.group(r.by)
	if name < r.name {
		r.err = ErrUnsorted
		return
	}
	r.front, r.name = o, name
}

// take hands out all operations of the name.
func (r *reader) take(name string) ([]Operation, error) {
	var taken []Operation
	for r.err == nil && !r.done && r.name == name {
		if len(taken) == MaxGroup {
			return nil, ErrGroup.At("reference", name[1:])
		}
		taken = append(taken, r.front)
		r.advance()
	}
	return taken, r.err
}
