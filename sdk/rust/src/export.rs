//! The macro that makes a component of a type.

/// Makes a type the plugin that this crate exports: `chiron_sdk::export!(MyType as policy);`, or `as scanner`,
/// `as content_scanner`, `as sbom_generator`, `as signer`. Once per crate, of crate type `cdylib`. `as policy 0.2` makes a policy of
/// [`policy::v0_2`](crate::policy::v0_2).
///
/// On a native target it only checks that the type implements what it must: the names a component exports are no names
/// for a native linker.
#[macro_export]
macro_rules! export {
    ($plugin:ty as policy) => {
        $crate::__export_plugin!($plugin, $crate::policy::Policy, policy);
    };
    ($plugin:ty as policy 0.2) => {
        $crate::__export_plugin!($plugin, $crate::policy::v0_2::Policy, policy_v0_2);
    };
    ($plugin:ty as scanner) => {
        $crate::__export_plugin!($plugin, $crate::scan::Scanner, scanner);
    };
    ($plugin:ty as content_scanner) => {
        $crate::__export_plugin!($plugin, $crate::scan::ContentScanner, content_scanner);
    };
    ($plugin:ty as sbom_generator) => {
        $crate::__export_plugin!($plugin, $crate::sbom::SbomGenerator, generator);
    };
    ($plugin:ty as signer) => {
        $crate::__export_plugin!($plugin, $crate::sign::Signer, signer);
    };
}

/// What [`export!`] expands to; not for authors.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_plugin {
    ($plugin:ty, $kind:path, $world:ident) => {
        /// Of this crate, so that the plugin may be a type of another.
        struct Exported;

        const _: () = {
            ::std::thread_local! {
                static SLOT: ::std::cell::OnceCell<$plugin> = const { ::std::cell::OnceCell::new() };
            }

            impl $crate::runtime::Slot for Exported {
                type Plugin = $plugin;

                fn with_slot<R>(work: impl FnOnce(&::std::cell::OnceCell<$plugin>) -> R) -> R {
                    SLOT.with(work)
                }
            }

            const fn is_of_its_kind<P: $kind>() {}
            is_of_its_kind::<$plugin>();
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::runtime::Adapter<Exported>;
    $crate::bindings::lifecycle::export_world!(Component with_types_in $crate::bindings::lifecycle);
    $crate::bindings::$world::export_world!(Component with_types_in $crate::bindings::$world);
        };
    };
}
