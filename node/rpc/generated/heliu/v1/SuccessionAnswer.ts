// Original file: proto/heliu/v1/audit.proto


export interface SuccessionAnswer {
}

export interface SuccessionAnswer__Output {
}
