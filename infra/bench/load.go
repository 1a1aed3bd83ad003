package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// client speaks to one child over connections that stay open.
type client struct {
	http *http.Client
	base string
}

func newClient(base string) *client {
	return &client{&http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConns: 128, MaxIdleConnsPerHost: 128}}, base}
}

// post makes one call; want is the status that it has to answer. It gives the answer's length.
func (c *client) post(ctx context.Context, path, token string, body []byte, want int, echoBytes int) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if echoBytes > 0 {
		req.Header.Set(answerBytes, strconv.Itoa(echoBytes))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s answers %s: %s", path, resp.Status, answer)
	}
	return len(answer), err
}

// timed does n operations, atOnce of them at a time, and gives the time per operation: all the time divided by n.
func timed(atOnce, n int, do func(worker, i int) error) (time.Duration, error) {
	var next atomic.Int64
	var all sync.WaitGroup
	failed := make(chan error, atOnce)
	began := time.Now()
	for worker := range atOnce {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(worker, i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	close(failed)
	var err error
	for e := range failed {
		err = errors.Join(err, e)
	}
	return took / time.Duration(n), err
}
