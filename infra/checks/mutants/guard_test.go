package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const twoGuards = `# a remark
~~ ./a TestSlow|TestSlower
== a/b.go

One key
makes one thing.
- if key != "" {
+ if false {
# a remark in between

Two lines belong together.
- case taken:
- return errTaken
+
`

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		guards, err := Parse(twoGuards)
		require.NoError(t, err)
		require.Equal(t, []Guard{
			{Why: "One key makes one thing.", File: "a/b.go", Was: []string{`if key != "" {`}, Is: []string{"if false {"}, Late: "TestSlow|TestSlower"},
			{Why: "Two lines belong together.", File: "a/b.go", Was: []string{"case taken:", "return errTaken"}, Is: []string{""}, Late: "TestSlow|TestSlower"},
		}, guards)
		require.Equal(t, "./a", guards[0].Package())
	})
	for name, text := range map[string]string{
		"ErrNoFile":         "Why.\n- a\n+ b\n",
		"ErrFileIsNotGo":    "== a.txt\n\nWhy.\n- a\n+ b\n",
		"ErrNoReason":       "== a.go\n\n- a\n+ b\n",
		"ErrNoFragment":     "== a.go\n\nWhy.\n",
		"ErrEmptyFragment":  "== a.go\n\nWhy.\n-\n+ b\n",
		"ErrNoMutant":       "== a.go\n\nWhy.\n- a\n",
		"ErrChangesNothing": "== a.go\n\nWhy.\n- a\n+ a\n",
		"ErrTwice":          "== a.go\n\nWhy.\n- a\n+ b\n\nWhy else.\n- a\n+ b\n",
		"ErrMutantFirst":    "== a.go\n\nWhy.\n+ b\n- a\n",
		"ErrReasonBehind":   "== a.go\n\nWhy.\n- a\n+ b\nand more\n",
		"ErrFragmentBehind": "== a.go\n\nWhy.\n- a\n+ b\n- c\n",
		"ErrSlowInAGuard":   "== a.go\n\nWhy.\n~~ ./a TestA\n- a\n+ b\n",
		"ErrFileInAGuard":   "== a.go\n\nWhy.\n== b.go\n- a\n+ b\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(text)
			require.ErrorContains(t, err, "line")
		})
	}
}

func TestMatching(t *testing.T) {
	t.Parallel()
	guards, err := Parse(twoGuards)
	require.NoError(t, err)
	for only, want := range map[string]int{"": 2, "a/b": 2, "one thing|nothing": 1, "^Two": 1} {
		kept, err := matching(guards, only)
		require.NoError(t, err)
		require.Len(t, kept, want, only)
	}
	_, err = matching(guards, "three")
	require.ErrorContains(t, err, "no guard matches")
	_, err = matching(guards, "(")
	require.Error(t, err)
}

func TestFind(t *testing.T) {
	t.Parallel()
	const text = "func f() {\n\tif a {\n\t\treturn 1\n\t}\n\tif b {\n\t\treturn 1\n\t}\n}\n"
	find := func(lines ...string) (string, error) {
		from, to, err := Guard{File: "a.go", Was: lines}.find([]byte(text))
		return text[from:to], err
	}
	t.Run("OneLine", func(t *testing.T) {
		t.Parallel()
		got, err := find("if a {")
		require.NoError(t, err)
		require.Equal(t, "if a {", got)
	})
	t.Run("LinesUnderEachOther", func(t *testing.T) {
		t.Parallel()
		got, err := find("if b {", "return 1")
		require.NoError(t, err)
		require.Equal(t, "if b {\n\t\treturn 1", got)
	})
	t.Run("ErrGone", func(t *testing.T) {
		t.Parallel()
		_, err := find("if c {")
		require.ErrorContains(t, err, "does not contain «if c {»")
		_, err = find("if a {", "return 2")
		require.Error(t, err)
	})
	t.Run("ErrMoreThanOnce", func(t *testing.T) {
		t.Parallel()
		_, err := find("return 1")
		require.ErrorContains(t, err, "more than once")
	})
	t.Run("IsNoPattern", func(t *testing.T) {
		t.Parallel()
		_, err := find("if . {")
		require.ErrorContains(t, err, "does not contain")
	})
}
