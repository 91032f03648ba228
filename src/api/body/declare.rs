//! The macro that declares a request body once: the struct is read by [`FromNode`](super::FromNode) and
//! described by utoipa's `ToSchema`.

/// Declares a body. Doc comments and `#[schema]` attributes go to the OpenAPI document.
///
/// ```text
/// body! {
///     /// A verification.
///     pub struct VerifyInstallation {
///         /// How it was verified.
///         pub evidence_tier: Tier,
///         /// A remark, at most 500 characters.
///         pub note: Option<Note>,
///     }
/// }
/// ```
///
/// Each type of a field implements [`FromNode`](super::FromNode). `Option` makes a field optional.
/// `field: Reads as Describes` reads one type and describes another: `cost_vnd: Amend<Vnd> as Option<Vnd>`.
///
/// `struct CreateMeasure -> MeasureLine { … }` is for rules between fields. Its fields are
/// [`Read`](super::Read), `None` where a fault was noted, and a function of its own makes the value:
/// `fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<MeasureLine>`. It runs beside
/// faults of single fields, so that the client hears of all faults at once.
macro_rules! body {
    ($(#[$meta:meta])* $vis:vis struct $Name:ident { $($fields:tt)* }) => {
        body! { @field [plain [$(#[$meta])*] $vis $Name] [] $($fields)* }
    };
    ($(#[$meta:meta])* $vis:vis struct $Name:ident -> $Value:ty { $($fields:tt)* }) => {
        body! { @field [settled($Value) [$(#[$meta])*] $vis $Name] [] $($fields)* }
    };

    // One field after the other: what it reads, and what the document describes.
    (@field $head:tt [$($done:tt)*] $(#[$meta:meta])* $vis:vis $field:ident: $Reads:ty as $Describes:ty, $($rest:tt)*) => {
        body! { @field $head [$($done)* ([$(#[$meta])*] $vis $field $Reads, $Describes)] $($rest)* }
    };
    (@field $head:tt [$($done:tt)*] $(#[$meta:meta])* $vis:vis $field:ident: $Reads:ty, $($rest:tt)*) => {
        body! { @field $head [$($done)* ([$(#[$meta])*] $vis $field $Reads, $Reads)] $($rest)* }
    };

    (@field [plain [$(#[$meta:meta])*] $vis:vis $Name:ident]
        [$(([$(#[$field_meta:meta])*] $field_vis:vis $field:ident $Reads:ty, $Describes:ty))*]) => {
        #[derive(utoipa::ToSchema)]
        $(#[$meta])*
        $vis struct $Name {
            $($(#[$field_meta])* #[schema(value_type = $Describes)]
            $field_vis $field: <$Reads as $crate::api::body::reader::FromNode>::Value,)*
        }

        impl $crate::api::body::reader::FromNode for $Name {
            type Value = Self;
            const EXPECTED: $crate::domain::values::Expected = $crate::domain::values::Expected::Object;

            fn from_node(
                node: &$crate::api::body::json::Node,
                at: &$crate::api::body::pointer::Pointer<'_>,
                reader: &mut $crate::api::body::reader::BodyReader,
            ) -> Option<Self> {
                let mut members = $crate::api::body::reader::Members::of(node, at, reader)?;
                $(let $field = members.read::<$Reads>(stringify!($field), reader);)*
                members.finish(reader);
                Some(Self { $($field: $field?,)* })
            }
        }
    };
    (@field [settled($Value:ty) [$(#[$meta:meta])*] $vis:vis $Name:ident]
        [$(([$(#[$field_meta:meta])*] $field_vis:vis $field:ident $Reads:ty, $Describes:ty))*]) => {
        #[derive(utoipa::ToSchema)]
        $(#[$meta])*
        $vis struct $Name {
            $($(#[$field_meta])* #[schema(value_type = $Describes)]
            $field_vis $field: $crate::api::body::reader::Read<$Reads>,)*
        }

        impl $crate::api::body::reader::FromNode for $Name {
            type Value = $Value;
            const EXPECTED: $crate::domain::values::Expected = $crate::domain::values::Expected::Object;

            fn from_node(
                node: &$crate::api::body::json::Node,
                at: &$crate::api::body::pointer::Pointer<'_>,
                reader: &mut $crate::api::body::reader::BodyReader,
            ) -> Option<$Value> {
                let mut members = $crate::api::body::reader::Members::of(node, at, reader)?;
                let read = Self { $($field: members.read::<$Reads>(stringify!($field), reader),)* };
                let value = read.settle(at, reader);
                // Last, so that a hundred unknown members hide no rule between fields.
                members.finish(reader);
                value
            }
        }
    };
}
pub(in crate::api) use body;
