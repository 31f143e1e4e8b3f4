//! Signing devices for clients.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::people::device;
use entity::device_key;

use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, id};

/// A leader's telephone that may sign check-ins without network (离线签到设备).
#[derive(Description)]
pub struct Device(pub device_key::Model);

#[Object(use_type_description)]
impl Device {
    /// Id; offline check-ins name it.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When it was registered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// Since when it is no longer trusted; none while it is.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at.map(entity::time::UtcMicros::date_time)
    }
}

/// A device to register.
#[derive(InputObject)]
pub struct RegisterDeviceInput {
    /// What I call it, 1 to 40 characters.
    name: String,
    /// Ed25519 public key of 32 bytes, as 64 hexadecimal digits or in base64.
    public_key: String,
}

/// A device that is no longer trusted.
#[derive(InputObject)]
pub struct RevokeDeviceInput {
    /// The device.
    id: ID,
}

#[derive(Default)]
pub struct DeviceQuery;

#[Object]
impl DeviceQuery {
    /// My signing devices, newest first, revoked ones among them.
    async fn my_devices(&self, ctx: &Context<'_>) -> ApiResult<Vec<Device>> {
        let actor = ctx.actor()?;
        Ok(device::list_own(ctx.app().db.reader(), actor).await?.into_iter().map(Device).collect())
    }
}

#[derive(Default)]
pub struct DeviceMutation;

#[Object]
impl DeviceMutation {
    /// Registers the key with which my telephone signs check-ins (team leaders).
    async fn register_device(&self, ctx: &Context<'_>, #[graphql(desc = "A device to register.")] input: RegisterDeviceInput) -> ApiResult<Device> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let row = device::register(&tx, actor, &input.name, &input.public_key).await?;
        tx.commit().await?;
        Ok(Device(row))
    }

    /// Stops trusting a device: my own, or as an administrator a leader's.
    async fn revoke_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A device that is no longer trusted.")] input: RevokeDeviceInput,
    ) -> ApiResult<Device> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = device::revoke(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(Device(row))
    }
}
