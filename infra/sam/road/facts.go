package main

import (
	"fmt"
	"strings"
	"sync"
)

// facts is what was seen, line by line. Many may add to it.
type facts struct {
	mu         sync.Mutex
	held, fell int
}

// fact notes one observation; detail is told where it does not hold.
func (f *facts) fact(ok bool, name string, detail ...any) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ok {
		f.held++
		fmt.Println("ok  ", name)
		return true
	}
	f.fell++
	fmt.Println("FAIL", name)
	for _, d := range detail {
		fmt.Println("    ", strings.ReplaceAll(short(fmt.Sprint(d)), "\n", "\n     "))
	}
	return false
}

// short keeps the end of a long text: errors stand there.
func short(text string) string {
	const most = 2000
	if len(text) > most {
		return "… " + text[len(text)-most:]
	}
	return text
}

func (f *facts) verdict() error {
	fmt.Printf("%d facts held, %d did not\n", f.held, f.fell)
	if f.fell > 0 || f.held == 0 {
		return fmt.Errorf("%d facts did not hold", f.fell)
	}
	return nil
}
