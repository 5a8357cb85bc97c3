import Glibc

/// One object for each thread that asks for it, freed when the thread ends.
///
/// @unchecked: the key may be used by every thread, and each sees its own object alone.
struct ThreadLocal<Value: AnyObject>: @unchecked Sendable {
    private let key: pthread_key_t
    private let make: @Sendable () -> Value

    init(_ make: @escaping @Sendable () -> Value) {
        var key = pthread_key_t()
        let result = pthread_key_create(&key) { value in
            Unmanaged<AnyObject>.fromOpaque(value!).release()
        }
        precondition(result == 0, "too many thread-local keys")
        self.key = key
        self.make = make
    }

    var value: Value {
        if let value = pthread_getspecific(key) {
            return Unmanaged<Value>.fromOpaque(value).takeUnretainedValue()
        }
        let value = make()
        pthread_setspecific(key, Unmanaged.passRetained(value).toOpaque())
        return value
    }
}
