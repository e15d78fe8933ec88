package workplace

import (
	"slices"
	"testing"
)

func TestNearMisses(t *testing.T) {
	root := t.TempDir()
	put(t, root, ".env", "SESSION_KEY=x\nKINDE_SCOPE=openid\nGATE_KEY=x\nGATE_KEYS=x\nCONNECTED_APP=\nOTHER=x\n")
	env := map[string]string{"KINDE_DOMAIN": "https://t.kinde.com", "KINDE_AUDIENCES": "a", "KINDE_AUDIENCE": "a",
		"PATH": "x"}
	got, err := NearMisses(root, func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	want := []NearMiss{{"KINDE_DOMAIN", "KINDE_ISSUER_URL"}, {"SESSION_KEY", "SESSION_KEYS"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}
