package api

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"net/http"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/web"
)

// ErrTooLarge is the refusal of a file that does not fit into one answer.
var ErrTooLarge = &fault.Fault{Kind: fault.KindTooLarge, Code: "file_too_large",
	Message: "The file does not fit into one answer. Ask for parts: lines=10000, then also cursor= with the Next-Cursor header of the part before, until there is none."}

// maxPart is how many lines a caller may ask for at once: what is held in memory before it is answered.
const maxPart = 50_000

// NextCursor is the header that says where the next part of a file begins.
const NextCursor = "Next-Cursor"

// part is a number of lines of a list that may be longer.
type part struct {
	limit int  // 0: all
	asked bool // the caller wants a part; otherwise the whole, which must fit
	after *store.Position
	ended store.Position // of the last line
	more  bool
}

// partOf reads which part of a file is wanted, by a caller's lines and cursor.
func (s *Service) partOf(lines int, scope, cursor string) (*part, error) {
	position, err := s.Cursors.Open(scope, cursor)
	if err != nil {
		return nil, err
	}
	p := &part{limit: lines, asked: lines > 0}
	if position != "" {
		after, err := store.ParsePosition(position)
		if err != nil {
			return nil, err
		}
		p.after = &after
	}
	if s.MaxLines > 0 && (p.limit == 0 || p.limit > s.MaxLines) {
		p.limit = s.MaxLines
	}
	return p, nil
}

// cut gives the lines of a part, and notes where it ended.
func cut[T any](p *part, place func(T) store.Position, lines iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		n := 0
		for line, err := range lines {
			if err == nil && p.limit > 0 && n == p.limit {
				p.more = true
				return
			}
			if err == nil {
				n, p.ended = n+1, place(line)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// file is an answer that is a file.
type file struct {
	media, name string
	scope       string // of its cursor
	part        *part
	write       func(io.Writer) error
}

// answer writes a file. One that is bounded is made before the first byte goes out, so that a failure is answered as one; a
// whole file goes out as it is made, and a failure behind its first bytes cuts the connection: half a register is none.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, f file) {
	h := w.Header()
	if f.part.limit > 0 {
		var made bytes.Buffer
		err := f.write(&made)
		if err == nil && f.part.more && !f.part.asked {
			err = ErrTooLarge
		}
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		f.heads(h)
		if f.part.more {
			h.Set(NextCursor, s.Cursors.Sign(f.scope, f.part.ended.String()))
		}
		_, _ = w.Write(made.Bytes())
		return
	}
	// A whole file takes as long as it takes; whoever reads it was admitted by name. A server without deadlines refuses.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	begun := &begins{ResponseWriter: w, before: func() { f.heads(h) }}
	out := bufio.NewWriterSize(begun, 64<<10)
	err := f.write(out)
	if err == nil {
		err = out.Flush()
	}
	switch {
	case err == nil:
	case !begun.out:
		web.Fail(w, r, err)
	default:
		s.Log.ErrorContext(r.Context(), "a file was not written to its end", "request_id", web.RequestID(r.Context()), "error", err.Error())
		panic(http.ErrAbortHandler)
	}
}

func (f file) heads(h http.Header) {
	h.Set("Content-Type", f.media)
	h.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
}

// begins notes that bytes have gone out, and sets the headers before the first.
type begins struct {
	http.ResponseWriter
	before func()
	out    bool
}

func (b *begins) Write(p []byte) (int, error) {
	if !b.out {
		b.out = true
		b.before()
	}
	return b.ResponseWriter.Write(p)
}
