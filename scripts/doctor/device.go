package main

import (
	"context"
	"errors"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
)

// examineDevice begins a device flow that nobody will finish; Kinde forgets it within
// minutes.
func (d *doctor) examineDevice(ctx context.Context) {
	const id, scopes = "device.client", "device.scopes"
	if reason := d.report.because("settings."+config.DeviceClientID.Name(), "tenant.discovery"); reason != "" {
		d.report.rest("device", reason)
		return
	}
	if d.settings.DeviceClientID == "" {
		d.report.rest("device", "KINDE_DEVICE_CLIENT_ID is not set: the device flow is not used")
		return
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := d.kinde.AuthorizeDevice(ctx, d.settings.DeviceClientID, d.settings.Scopes, d.settings.Audiences)
	answer, answered := errors.AsType[*kinde.Error](err)
	switch {
	case err == nil:
		d.report.ok(id, "may begin a device flow")
		d.report.ok(scopes, "KINDE_SCOPES accepted")
	case answered && answer.Has("invalid_scope"):
		d.report.ok(id, "may begin a device flow")
		d.refused(scopes, err, step{Do: inDevice + "its scopes and APIs."})
	case answered && answer.Has("unauthorized_client"):
		d.refused(id, err, step{Do: "In Kinde: Settings → Applications → Add application → Device and IoT; then set its id:"}, set(config.DeviceClientID.Name(), "your_device_client_id"))
	default:
		d.refused(id, err, howToSet(config.DeviceClientID.Name())...)
	}
	d.report.rest("device", "because of "+id)
}
