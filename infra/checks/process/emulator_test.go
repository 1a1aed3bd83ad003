//go:build process && emulator

package process_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/process/runtimeapi"
)

// emulatorVariable names the Runtime Interface Emulator that ships inside the SAM CLI.
const emulatorVariable = "LAMBDA_EMULATOR"

// TestEmulator plays one event of every kind through AWS's own emulator of the Lambda runtime.
func TestEmulator(t *testing.T) {
	emulator := os.Getenv(emulatorVariable)
	require.NotEmpty(t, emulator, "%s must name the emulator", emulatorVariable)
	s := setup(t)
	played := map[catalogue.Kind]bool{}
	for _, f := range catalogue.Functions() {
		if played[f.Kind] {
			continue
		}
		played[f.Kind] = true
		t.Run(string(f.Kind)+"/"+f.Folder, func(t *testing.T) {
			sample := s.Samples[f.Folder]
			address := s.emulate(t, emulator, f.Folder)
			for range 2 { // cold and warm
				requireAnswer(t, sample, invoke(t, address, sample.Event))
			}
			refused := invoke(t, address, []byte(`{"neither":"event"}`))
			require.Contains(t, string(refused), "errorMessage")
			requireAnswer(t, sample, invoke(t, address, sample.Event))
		})
	}
	require.Len(t, played, 7)
}

// emulate starts the emulator with a function and gives the address of its invocations.
func (s *theatre) emulate(t *testing.T, emulator, folder string) string {
	t.Helper()
	front, back := freeAddress(t), freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, emulator, "--runtime-interface-emulator-address", front, "--runtime-api-address", back,
		filepath.Join(s.dir, filepath.FromSlash(folder)))
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_LAMBDA_FUNCTION_NAME=function", "AWS_LAMBDA_FUNCTION_TIMEOUT=30", "AWS_REGION=eu-central-1",
		"AWS_ACCESS_KEY_ID=sample", "AWS_SECRET_ACCESS_KEY=" + runtimeapi.AccessSecret, "AWS_SESSION_TOKEN=" + runtimeapi.SessionToken,
	}, s.Stub.Env()...)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		for what, secret := range s.secrets() {
			require.NotContains(t, printed.String(), secret, "%s was printed", what)
		}
		if t.Failed() {
			t.Logf("it printed: %s", printed.String())
		}
	})
	require.Eventually(t, func() bool {
		c, err := net.DialTimeout("tcp", front, time.Second)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, 20*time.Second, 20*time.Millisecond)
	return "http://" + front + "/2015-03-31/functions/function/invocations"
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func invoke(t *testing.T, address string, event []byte) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(event))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return body
}
