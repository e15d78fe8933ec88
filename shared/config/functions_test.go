package config

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"kinde-functions/shared/route"
)

func names(settings []Setting) []string {
	set := map[string]bool{}
	for _, setting := range settings {
		set[setting.name] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func TestAllIsTheUnionOfTheTable(t *testing.T) {
	var union []Setting
	for function := range byFunction {
		union = append(union, Of(function)...)
	}
	union = append(union, Of("user-profile")...)
	if got, want := names(All()), names(union); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(names(All())) != len(All()) {
		t.Error("All lists a setting twice")
	}
}

// A function holds no secret that it has no use for.
func TestOfKeepsSecretsApart(t *testing.T) {
	for name, want := range map[string][]string{
		"KINDE_M2M_CLIENT_SECRET": {"connected-apps", "introspect", "refresh", "webhooks"},
		"GATE_KEYS":               {"gate"},
		"WEBHOOK_FORWARD_SECRET":  {"webhooks"},
	} {
		var got []string
		for function := range byFunction {
			if slices.Contains(names(Of(function)), name) {
				got = append(got, function)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	for _, setting := range Of("health") {
		if setting.Secret() && setting.name != "ORIGIN_SECRET" {
			t.Errorf("health holds %s", setting.name)
		}
	}
}

// toBuild are functions whose rows do not exist yet.
var toBuild = []string{"refresh"}

func TestTableNamesFunctionsThatExist(t *testing.T) {
	for function := range byFunction {
		if len(route.Of(function)) == 0 && !slices.Contains(toBuild, function) {
			t.Errorf("%s has no row in route.Table", function)
		}
	}
}

func TestOfReturnsACopy(t *testing.T) {
	list := Of("user-profile")
	list[0] = LogLevel
	if reflect.DeepEqual(names(list[:1]), names(Of("user-profile")[:1])) {
		t.Error("a caller's change reaches the table")
	}
}

const goodKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZT8="

var required = []string{
	"KINDE_ISSUER_URL", "https://a.example", "KINDE_CLIENT_ID", "c", "KINDE_SITE_URL", "https://s.example",
}

func TestCheckNamesWhatUnsetSettingsSwitchOff(t *testing.T) {
	session := []string{"KINDE_CLIENT_SECRET", "SESSION_KEYS"}
	m2m := []string{"KINDE_M2M_CLIENT_ID", "KINDE_M2M_CLIENT_SECRET"}
	everything := map[string][]string{
		"sessions": session, "claims-refresh": slices.Concat(session, m2m),
		"introspection": m2m, "introspection-of-others": append(slices.Clone(m2m), "INTROSPECTION_PERMISSION"),
		"revocation": {"KINDE_CLIENT_SECRET"}, "connected-apps": append(slices.Clone(m2m), "CONNECTED_APPS"),
		"device": {"KINDE_DEVICE_CLIENT_ID"}, "own-apis": {"PROXY_APIS"},
		"protected-pages":    append(slices.Clone(session), "GATE_KEYS"),
		"webhooks":           append([]string{"REDIS_URL"}, session...),
		"webhook-forwarding": {"WEBHOOK_FORWARD_URL", "WEBHOOK_FORWARD_SECRET"},
	}
	status := Check(environment(required...))
	if !reflect.DeepEqual(status.Off, everything) || len(status.Missing)+len(status.Wrong) != 0 {
		t.Errorf("got %+v, want off %v", status, everything)
	}

	status = Check(environment(append(required, "SESSION_KEYS", goodKey, "KINDE_M2M_CLIENT_ID", "m",
		"KINDE_M2M_CLIENT_SECRET", "s", "REDIS_URL", "nonsense")...))
	for name, want := range map[string][]string{
		"sessions": {"KINDE_CLIENT_SECRET"}, "introspection": nil, "connected-apps": {"CONNECTED_APPS"},
		"webhooks": {"KINDE_CLIENT_SECRET"},
	} {
		if got := status.Off[name]; !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if !slices.Equal(status.Missing, []string{"KINDE_CLIENT_SECRET"}) ||
		!slices.Equal(status.Wrong, []string{"REDIS_URL"}) {
		t.Errorf("got missing %v wrong %v", status.Missing, status.Wrong)
	}
}

func TestCheckKnowsSettingsOfOtherFunctionsByName(t *testing.T) {
	status := Check(environment("KINDE_FUNCTIONS_SET",
		"KINDE_ISSUER_URL,KINDE_CLIENT_ID KINDE_SITE_URL,,SESSION_KEYS,,KINDE_SCOPES,NOT_ONE_OF_OURS,LOG_LEVEL",
		"LOG_LEVEL", "loud"))
	if !slices.Equal(status.Missing, []string{"KINDE_CLIENT_SECRET"}) ||
		!slices.Equal(status.Wrong, []string{"LOG_LEVEL"}) {
		t.Errorf("got missing %v wrong %v", status.Missing, status.Wrong)
	}
	if got := status.Off["sessions"]; !slices.Equal(got, []string{"KINDE_CLIENT_SECRET"}) {
		t.Errorf("sessions: got %v", got)
	}
	if got := status.Off["revocation"]; !slices.Equal(got, []string{"KINDE_CLIENT_SECRET"}) {
		t.Errorf("revocation: got %v", got)
	}
}

func TestNamesOfKindesSDKs(t *testing.T) {
	for _, row := range []struct {
		env  []string
		want string
	}{
		{[]string{"KINDE_SCOPE", "openid offline"}, "openid offline"},
		{[]string{"KINDE_SCOPE", "openid offline", "KINDE_SCOPES", "openid"}, "openid"},
		{[]string{"KINDE_SCOPE", "", "KINDE_SCOPES", ""}, "openid profile email offline"},
	} {
		s, err := Load(environment(row.env...), Scopes)
		if err != nil || s.Scopes != row.want {
			t.Errorf("%v: got %q, %v, want %q", row.env, s.Scopes, err, row.want)
		}
	}
	_, err := Load(environment("KINDE_SCOPE", "profile"), Scopes)
	if faults, ok := errors.AsType[Faults](err); !ok || len(faults) != 1 || faults[0].Name != "KINDE_SCOPE" {
		t.Errorf("got %v, want a fault of KINDE_SCOPE", err)
	}
	for _, value := range []string{"https://a.example b", "https://a.example,b", " https://a.example ,  b "} {
		s, err := Load(environment("KINDE_AUDIENCE", value), Audiences)
		if err != nil || !slices.Equal(s.Audiences, []string{"https://a.example", "b"}) {
			t.Errorf("%q: got %v, %v", value, s.Audiences, err)
		}
	}
}
