// Original file: proto/heliu/v1/transfer.proto


export interface _heliu_v1_PullControl_BatchReceipt {
  'batch'?: (string);
  'receiptId'?: (string);
  'signature'?: (string);
}

export interface _heliu_v1_PullControl_BatchReceipt__Output {
  'batch': (string);
  'receiptId': (string);
  'signature': (string);
}

export interface _heliu_v1_PullControl_Cancel {
}

export interface _heliu_v1_PullControl_Cancel__Output {
}

export interface _heliu_v1_PullControl_Missing {
  'fromSeq'?: (string);
}

export interface _heliu_v1_PullControl_Missing__Output {
  'fromSeq': (string);
}

export interface _heliu_v1_PullControl_Open {
  'messageId'?: (string);
  'transferPid'?: (string);
  'fromBatch'?: (string);
  'consumerKeyId'?: (string);
  'listVersion'?: (string);
  'traceparent'?: (string);
}

export interface _heliu_v1_PullControl_Open__Output {
  'messageId': (string);
  'transferPid': (string);
  'fromBatch': (string);
  'consumerKeyId': (string);
  'listVersion': (string);
  'traceparent': (string);
}

export interface PullControl {
  'open'?: (_heliu_v1_PullControl_Open | null);
  'receipt'?: (_heliu_v1_PullControl_BatchReceipt | null);
  'missing'?: (_heliu_v1_PullControl_Missing | null);
  'cancel'?: (_heliu_v1_PullControl_Cancel | null);
  'control'?: "open"|"receipt"|"missing"|"cancel";
}

export interface PullControl__Output {
  'open'?: (_heliu_v1_PullControl_Open__Output | null);
  'receipt'?: (_heliu_v1_PullControl_BatchReceipt__Output | null);
  'missing'?: (_heliu_v1_PullControl_Missing__Output | null);
  'cancel'?: (_heliu_v1_PullControl_Cancel__Output | null);
  'control'?: "open"|"receipt"|"missing"|"cancel";
}
