//go:build realtools

package hosts

import (
	"testing"

	"kinde-functions/shared/local/functiontest"
)

func showIfFailed(t *testing.T, log *functiontest.Log) {
	t.Helper()
	if t.Failed() {
		t.Logf("the host's log:\n%s", log)
	}
}
