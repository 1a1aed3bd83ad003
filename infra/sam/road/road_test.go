package main

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/samples"
)

func TestWrong(t *testing.T) {
	t.Parallel()
	http := samples.Sample{Status: 201, Says: `"status":"created"`}
	worker := samples.Sample{Says: `{"batchItemFailures":[]}`}
	for name, c := range map[string]struct {
		sample samples.Sample
		answer string
		right  bool
	}{
		"OK":              {http, `{"statusCode": 201, "body": "{\"status\":\"created\"}"}`, true},
		"OKInBase64":      {http, `{"statusCode":201,"isBase64Encoded":true,"body":"eyJzdGF0dXMiOiJjcmVhdGVkIn0="}`, true},
		"OKOfWorker":      {worker, `{"batchItemFailures": []}`, true},
		"ErrStatus":       {http, `{"statusCode":200,"body":"{\"status\":\"created\"}"}`, false},
		"ErrBody":         {http, `{"statusCode":201,"body":"{}"}`, false},
		"ErrBase64":       {http, `{"statusCode":201,"isBase64Encoded":true,"body":"!"}`, false},
		"ErrNothing":      {http, ``, false},
		"ErrOfFunction":   {worker, `{"errorMessage":"an event of another kind","errorType":"wrapError"}`, false},
		"ErrItemFailed":   {worker, `{"batchItemFailures":[{"itemIdentifier":"1"}]}`, false},
		"ErrTimedOut":     {worker, `Task timed out after 30.00 seconds`, false},
		"ErrNothingAtAll": {worker, ``, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.right, wrong(c.sample, []byte(c.answer)) == "")
		})
	}
}

// What a container says arrives at the server, and its answer at the container, to the last byte.
func TestCarry(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	go func() {
		c, err := server.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		said, _ := io.ReadAll(c) // until the caller has ended
		_, _ = c.Write([]byte(strings.ToUpper(string(said))))
	}()
	way, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer way.Close()
	go func() {
		if c, err := way.Accept(); err == nil {
			carry(c, server.Addr().String())
		}
	}()
	c, err := net.Dial("tcp", way.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Write([]byte("question"))
	require.NoError(t, err)
	require.NoError(t, c.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, "QUESTION", string(answer))
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	var none, good, bad facts
	require.Error(t, none.verdict(), "nothing was looked at")
	good.fact(true, "a fact")
	require.NoError(t, good.verdict())
	bad.fact(true, "a fact")
	bad.fact(false, "another", strings.Repeat("long ", 1000))
	require.Error(t, bad.verdict())
}
