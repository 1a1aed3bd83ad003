package reconcile

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"os"
	"slices"

	"giberno.ru/shared/core/fault"
)

// errRecord means that a temporary file is not as it was written.
var errRecord = fault.Internal(errors.New("reconcile: a temporary file cannot be read back"))

// ErrSorterUsed is the fault of adding to a sorter that has begun to hand out.
var ErrSorterUsed = fault.Internal(errors.New("reconcile: the sorter has begun to hand out"))

const (
	// DefaultSortMemory is how many bytes of records a Sorter holds before it writes them to a file.
	DefaultSortMemory = 16 << 20
	// maxRuns is how many files are merged at once; each costs one buffer.
	maxRuns   = 32
	runBuffer = 32 << 10
)

// Sorter puts operations into the order of Match with bounded memory: sorted runs on temporary files, then one merge.
// Not safe for concurrent use. Close removes the files.
type Sorter struct {
	by     By
	folder string // of the temporary files; "" is the system's
	memory int
	buffer []byte
	places []span
	runs   []*os.File
	handed bool
}

// span is where a record stands in the buffer.
type span struct{ from, to uint32 }

// NewSorter makes a sorter for operations joined by the given name. folder "" is the system's folder for temporary files;
// memory is the bytes to hold (0: DefaultSortMemory, at most 1 GiB).
func NewSorter(by By, folder string, memory int) *Sorter {
	if memory <= 0 {
		memory = DefaultSortMemory
	}
	return &Sorter{by: by, folder: folder, memory: min(memory, 1<<30)}
}

// Add takes one more operation. It fails with ErrOperation on one that cannot be compared, and when the disk does.
func (s *Sorter) Add(o Operation) error {
	if s.handed {
		return ErrSorterUsed
	}
	if err := o.Check(); err != nil {
		return err
	}
	from := len(s.buffer)
	s.buffer = o.appendRecord(s.buffer, s.by)
	s.places = append(s.places, span{uint32(from), uint32(len(s.buffer))})
	if len(s.buffer)+8*len(s.places) < s.memory {
		return nil
	}
	return s.spill()
}

// AddAll takes a whole sequence and stops at its first error.
func (s *Sorter) AddAll(operations iter.Seq2[Operation, error]) error {
	for o, err := range operations {
		if err != nil {
			return err
		}
		if err := s.Add(o); err != nil {
			return err
		}
	}
	return nil
}

// Sorted hands the operations out in order, each time from the beginning.
func (s *Sorter) Sorted() iter.Seq2[Operation, error] {
	return func(yield func(Operation, error) bool) {
		s.handed = true
		s.sortBuffer()
		for record, err := range s.merged(true) {
			var o Operation
			if err == nil {
				o, err = readRecord(record)
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// Close removes the temporary files.
func (s *Sorter) Close() error {
	s.handed, s.buffer, s.places = true, nil, nil
	err := discard(s.runs)
	s.runs = nil
	return err
}

func discard(files []*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	if err := errors.Join(errs...); err != nil {
		return fault.Internal(err)
	}
	return nil
}

func (s *Sorter) sortBuffer() {
	slices.SortFunc(s.places, func(a, b span) int {
		return bytes.Compare(s.buffer[a.from:a.to], s.buffer[b.from:b.to])
	})
}

// spill writes what is held as one more run. When there are too many runs, they become one first.
func (s *Sorter) spill() error {
	s.sortBuffer()
	if len(s.runs) == maxRuns {
		one, err := s.write(s.merged(false))
		if err != nil {
			return err
		}
		if err := discard(s.runs); err != nil {
			return errors.Join(err, discard([]*os.File{one}))
		}
		s.runs = append(s.runs[:0], one)
	}
	run, err := s.write(s.held())
	if err != nil {
		return err
	}
	s.runs = append(s.runs, run)
	s.buffer, s.places = s.buffer[:0], s.places[:0]
	return nil
}

func (s *Sorter) write(records iter.Seq2[[]byte, error]) (*os.File, error) {
	f, err := os.CreateTemp(s.folder, "reconcile-*")
	if err != nil {
		return nil, fault.Internal(err)
	}
	w := bufio.NewWriterSize(f, runBuffer)
	var size [binary.MaxVarintLen64]byte
	for record, err := range records {
		if err == nil {
			_, err = w.Write(size[:binary.PutUvarint(size[:], uint64(len(record)))])
		}
		if err == nil {
			_, err = w.Write(record)
		}
		if err != nil {
			return nil, errors.Join(fault.Internal(err), discard([]*os.File{f}))
		}
	}
	if err := w.Flush(); err != nil {
		return nil, errors.Join(fault.Internal(err), discard([]*os.File{f}))
	}
	return f, nil
}

// held is the buffer in order.
func (s *Sorter) held() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, p := range s.places {
			if !yield(s.buffer[p.from:p.to], nil) {
				return
			}
		}
	}
}

// merged is all runs, with the buffer or without it, in order. A record is good until the next one.
func (s *Sorter) merged(withBuffer bool) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var front frontier
		for _, f := range s.runs {
			front = append(front, &source{run: bufio.NewReaderSize(io.NewSectionReader(f, 0, 1<<62), runBuffer)})
		}
		if withBuffer {
			front = append(front, &source{places: s.places, buffer: s.buffer})
		}
		live := front[:0]
		for _, src := range front {
			more, err := src.next()
			if err != nil {
				yield(nil, err)
				return
			}
			if more {
				live = append(live, src)
			}
		}
		front = live
		heap.Init(&front)
		for len(front) > 0 {
			if !yield(front[0].record, nil) {
				return
			}
			more, err := front[0].next()
			switch {
			case err != nil:
				yield(nil, err)
				return
			case more:
				heap.Fix(&front, 0)
			default:
				heap.Pop(&front)
			}
		}
	}
}

// source is one sorted run, on a file or in the buffer, with its foremost record.
type source struct {
	run    *bufio.Reader
	buffer []byte
	places []span
	record []byte
}

func (s *source) next() (bool, error) {
	if s.run == nil {
		if len(s.places) == 0 {
			return false, nil
		}
		s.record, s.places = s.buffer[s.places[0].from:s.places[0].to], s.places[1:]
		return true, nil
	}
	size, err := binary.ReadUvarint(s.run)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil || size > 8*maxName {
		return false, errRecord.Because(err)
	}
	s.record = slices.Grow(s.record[:0], int(size))[:size]
	if _, err := io.ReadFull(s.run, s.record); err != nil {
		return false, errRecord.Because(err)
	}
	return true, nil
}

// frontier is the heap of sources, the smallest record first.
type frontier []*source

func (f frontier) Len() int           { return len(f) }
func (f frontier) Less(i, j int) bool { return bytes.Compare(f[i].record, f[j].record) < 0 }
func (f frontier) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)        { *f = append(*f, x.(*source)) }
func (f *frontier) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}
