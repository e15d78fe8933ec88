package main

import (
	"context"
	"errors"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
)

// noDevice is the reason to skip what needs the device application.
func noDevice(d *doctor) string {
	reason := d.blocked("settings.here", "settings."+config.DeviceClientID.Name(), "tenant.discovery")
	if reason == "" && d.settings.DeviceClientID == "" {
		return "KINDE_DEVICE_CLIENT_ID is not set: the device flow is not used"
	}
	return reason
}

// checkDevice starts a device flow that no user finishes. It expires within minutes.
func (d *doctor) checkDevice(ctx context.Context) result {
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.AuthorizeDevice(ctx, d.settings.DeviceClientID, d.settings.Scopes, d.settings.Audiences)
	d.device = err
	switch kindeErr, ok := errors.AsType[*kinde.Error](err); {
	case err == nil, ok && kindeErr.Has("invalid_scope"):
		return passed("may start a device flow")
	case ok && kindeErr.Has("unauthorized_client"):
		return refused(err,
			step{Do: "In Kinde: Settings → Applications → Add application → Device and IoT; then set its id:"},
			set(config.DeviceClientID.Name(), "your_device_client_id"))
	}
	return refused(err, howToSet(config.DeviceClientID.Name())...)
}

func (d *doctor) checkDeviceScopes(context.Context) result {
	if d.device != nil {
		return refused(d.device, step{Do: inDevice + "its scopes and APIs."})
	}
	return passed("KINDE_SCOPES accepted")
}
